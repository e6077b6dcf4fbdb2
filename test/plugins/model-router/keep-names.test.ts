import { describe, expect, test } from "vitest";
import { gateway } from "./support.js";

// `keepOriginalModelName`: the provider goes into its header, and the body keeps the name it stands in.

const JSON_TYPE = "application/json";
const FORM_TYPE = "multipart/form-data; boundary=b";
const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const json = (model: string) => `{ "model" : "${model}", "messages": [1.0] }`;
const form = (model: string) => `${part("file", "a\u0001b")}${part("model", model)}--b--\r\n`;

describe.each([
  ["JSON", JSON_TYPE, json],
  ["a form", FORM_TYPE, form],
])("%s", (_kind, type, bodyOf) => {
  test.each([
    [true, "MiniMax/M2/x", "MiniMax/M2/x", "MiniMax"],
    ["1", "MiniMax/M2/x", "MiniMax/M2/x", "MiniMax"],
    [false, "MiniMax/M2/x", "M2/x", "MiniMax"],
    [undefined, "MiniMax/M2/x", "M2/x", "MiniMax"],
    [true, "qwen-max", "qwen-max", undefined],
  ])("with %j %s goes on as %s", async (keepOriginalModelName, model, wanted, provider) => {
    const config = {
      addProviderHeader: "x-provider",
      modelToHeader: "x-model",
      ...(keepOriginalModelName !== undefined && { keepOriginalModelName }),
    };
    await using host = await gateway(config);
    const headers = { "content-type": type };
    const init = { method: "POST", headers, body: bodyOf(model) };
    const answer = await host.fetch("/v1/chat/completions", init).settle();
    const [seen] = answer.upstream;
    const header = (name: string) => seen!.headers.find(([key]) => key === name)?.[1];
    expect(seen!.body).toBe(bodyOf(wanted));
    expect([header("x-provider"), header("x-model")]).toEqual([provider, model]);
  });
});
