import "proxy-wasm-test/vitest";
import { describe, expect, test } from "vitest";
import { modelGateway } from "../model-gateway.js";
import { modelMapper } from "../model-mapper/support.js";
import { modelRouter } from "./support.js";

// What cannot be read is not waited for, and keeps its length.

const BODY = '{"model":"m"}';
const ROUTER = { modelToHeader: "x-model" };

/** Whether the headers of a request are held, and the length that the upstream is told. */
async function sent(plugin: ReturnType<typeof modelRouter>, headers: Record<string, string>) {
  await using host = await modelGateway(plugin);
  const all = { ...headers, "content-length": String(BODY.length) };
  const stream = host.stream("POST http://a.test/v1/chat/completions", { headers: all });
  await stream.headers();
  const isHeld = stream.state.paused;
  await stream.data(BODY, { end: true });
  const { upstream } = await stream.response();
  const length = upstream[0]!.headers.find(([name]) => name === "content-length")?.[1];
  return { isHeld, length };
}

const UNREADABLE: Record<string, string>[] = [
  { "content-type": "application/octet-stream" },
  { "content-type": "application/grpc+json" },
  { "content-type": "application/json", "content-encoding": "gzip" },
];

describe("model-router", () => {
  test.each([...UNREADABLE, { "content-type": "text/plain" }])("%o is not held", async (headers) =>
    expect(await sent(modelRouter(ROUTER), headers)).toEqual({ isHeld: false, length: "13" }),
  );

  test("forms are not, if they are not to be read", async () => {
    const form = { "content-type": "multipart/form-data; boundary=b" };
    const plugin = modelRouter({ ...ROUTER, multipart: false });
    expect(await sent(plugin, form)).toEqual({ isHeld: false, length: "13" });
    expect((await sent(modelRouter(ROUTER), form)).isHeld).toBe(true);
  });

  const READABLE: Record<string, string>[] = [{ "content-type": "Text/JSON" }, {}];
  test.each(READABLE)("%o is", async (headers) =>
    expect(await sent(modelRouter(ROUTER), headers)).toEqual({ isHeld: true, length: "13" }),
  );
});

test("an announced body that is empty is no JSON", async () => {
  await using host = await modelGateway(modelRouter(ROUTER));
  const headers = { "content-type": "application/json" };
  const stream = host.stream("POST http://a.test/v1/chat/completions", { headers });
  await stream.headers();
  await stream.data("", { end: true });
  const { upstream } = await stream.response();
  expect(upstream[0]!.body).toBe("");
  expect(host).toHaveLogged(/invalid json body$/);
  expect(host.metrics).toHaveCounter("model_router.unparsed", 1);
});

describe("model-mapper", () => {
  test.each(UNREADABLE)("%o is not held", async (headers) =>
    expect(await sent(modelMapper(), headers)).toEqual({ isHeld: false, length: "13" }),
  );

  test("text of any type is", async () => {
    const answer = await sent(modelMapper({ modelMapping: { m: "mm" } }), {
      "content-type": "text/plain",
    });
    expect(answer).toEqual({ isHeld: true, length: "14" });
  });
});
