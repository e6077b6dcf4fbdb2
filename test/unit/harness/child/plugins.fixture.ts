import { expect, test } from "vitest";
import { probeHost } from "../probe";

const strict = "error";

test("well-behaved", async () => {
  const host = await probeHost({}, { strict });
  expect((await host.fetch("http://a.test/")).status).toBe(200);
});

test("misbehaves on an open host", async () => {
  const host = await probeHost({ request_headers: "ret 2" }, { strict });
  expect((await host.fetch("http://a.test/")).status).toBe(200);
});

test("misbehaves on a closed host", async () => {
  await using host = await probeHost({ request_headers: "cont 9; ret 2" }, { strict });
  expect((await host.fetch("http://a.test/")).status).toBe(200);
});

test("is only warned", async () => {
  const host = await probeHost({ request_headers: "ret 2" }, { strict: "warn" });
  expect((await host.fetch("http://a.test/")).status).toBe(200);
});

test("never returns", async () => {
  const host = await probeHost({ request_headers: "loop" });
  expect((await host.fetch("http://a.test/")).status).toBe(503);
});
