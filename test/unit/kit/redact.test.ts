import { createHash } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { loadPure, type Run } from "./load.js";

let run: Run;

beforeAll(async () => {
  run = await loadPure();
});

it("names a secret by eight digits of its SHA-256", () => {
  for (const secret of ["", "sk-live-1234567890", "ключ"]) {
    const digest = createHash("sha256").update(secret).digest("hex");
    expect(String(run("secretName", secret))).toBe(`sha256:${digest.slice(0, 8)}`);
  }
});

it.each([
  ["authorization", "secret"],
  ["Authorization", "secret"],
  ["proxy-authorization", "secret"],
  ["x-api-key", "secret"],
  ["API-KEY", "secret"],
  ["x-goog-api-key", "secret"],
  ["cookie", "secret"],
  ["set-cookie", "secret"],
  ["x-api-keys", "plain"],
  ["content-type", "plain"],
  ["", "plain"],
])("the value of header %j is %s", (name, kind) => {
  expect(String(run("isSecret", name))).toBe(kind);
});
