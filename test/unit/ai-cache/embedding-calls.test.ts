import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../content-security/host.js";
import { Backends } from "./backends.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const AT = { serviceName: "embed.dns" };
const JSON_TYPE = "content-type: application/json";

/** A text with all that JSON escapes: the peer escapes `<`, `>` and `&`, too. */
const TEXT = 'wie hoch "ist" <der> Everest?\n\u0001 é 🏔';
const IN_JSON = '"wie hoch \\"ist\\" \\u003cder\\u003e Everest?\\n\\u0001 é 🏔"';

const CALLS: [type: string, fields: object, head: string[], path: string, body: string][] = [
  [
    "dashscope",
    { apiKey: "k" },
    ["authorization: Bearer k", JSON_TYPE, "dashscope.aliyuncs.com"],
    "/api/v1/services/embeddings/text-embedding/text-embedding",
    `{"model":"text-embedding-v2","input":{"texts":[${IN_JSON}]},"parameters":{"text_type":"query"}}`,
  ],
  [
    "openai",
    { apiKey: "k" },
    ["authorization: Bearer k", JSON_TYPE, "api.openai.com"],
    "/v1/embeddings",
    `{"input":${IN_JSON},"model":"text-embedding-3-small"}`,
  ],
  [
    "azure",
    { apiKey: "k", apiVersion: "2023-05-15" },
    ["api-key: k", JSON_TYPE, "embed.dns"],
    "/openai/deployments/text-embedding-ada-002/embeddings?api-version=2023-05-15",
    `{"input":${IN_JSON}}`,
  ],
  [
    "cohere",
    { apiKey: "k" },
    ["authorization: BEARER k", JSON_TYPE, "api.cohere.com"],
    "/v2/embed",
    `{"texts":[${IN_JSON}],"model":"embed-english-v2.0","input_type":"search_document","embedding_types":["float"]}`,
  ],
  ["ollama", {}, [JSON_TYPE, "localhost"], "/api/embed", `{"input":${IN_JSON},"model":"llama3.2"}`],
  [
    "huggingface",
    { apiKey: "k" },
    ["authorization: Bearer k", JSON_TYPE, "api-inference.huggingface.co"],
    "/pipeline/feature-extraction/sentence-transformers/all-MiniLM-L6-v2",
    `{"inputs":${IN_JSON},"options":{"wait_for_model":true}}`,
  ],
  [
    "textin",
    { textinAppId: "a", textinSecretCode: "s", textinMatryoshkaDim: 256 },
    ["x-ti-app-id: a", "x-ti-secret-code: s", JSON_TYPE, "api.textin.com"],
    "/ai/service/v1/acge_embedding",
    `{"input":[${IN_JSON}],"matryoshka_dim":256}`,
  ],
];

describe.each(CALLS)("%s", (type, fields, head, path, body) => {
  const config = { type, ...AT, ...fields };

  it("is called as the peer calls it", () => {
    const call = backends.embed(config, TEXT);
    expect(call.head).toEqual([
      ...head.slice(0, -1),
      ":method: POST",
      `:path: ${path}`,
      `:authority: ${head.at(-1)}`,
    ]);
    expect(call.body).toBe(body);
  });

  it("takes a host, a path and a model of its own", () => {
    const own = { serviceHost: "proxy.example", path: "/x/%41?y=1", model: "m<1>" };
    const call = backends.embed({ ...config, ...own }, "t");
    expect(call.head).toContain(":path: /x/%41?y=1");
    expect(call.head).toContain(":authority: proxy.example");
    const saysModel = ["dashscope", "openai", "cohere", "ollama"].includes(type);
    expect(call.body.includes('"model":"m\\u003c1\\u003e"')).toBe(saysModel);
  });

  it("an empty model, host or path is one that was left out", () => {
    const empty = { serviceHost: "", path: "", model: "" };
    expect(backends.embed({ ...config, ...empty }, "t")).toEqual(backends.embed(config, "t"));
  });
});

it("azure: names of deployments and versions are encoded", () => {
  const odd = { type: "azure", ...AT, apiKey: "k", model: "my/model é", apiVersion: "v 1&x" };
  expect(backends.embed(odd, "t").head).toContain(
    ":path: /openai/deployments/my%2Fmodel%20%C3%A9/embeddings?api-version=v+1%26x",
  );
});

it("huggingface: owner and model are two segments of the path", () => {
  const odd = { type: "huggingface", ...AT, apiKey: "k", model: "BAAI/bge small" };
  expect(backends.embed(odd, "t").head).toContain(
    ":path: /pipeline/feature-extraction/BAAI/bge%20small",
  );
});

it("cluster, port and time", () => {
  const at = (fields: object): string =>
    backends.configure({ embedding: { type: "ollama", ...fields } });
  expect(at(AT)).toBe("outbound|11434||embed.dns localhost 10000\n");
  expect(at({ ...AT, servicePort: 0, timeout: 0 })).toBe(at(AT));
  expect(at({ ...AT, servicePort: "80", timeout: "500", serviceHost: "h" })).toBe(
    "outbound|80||embed.dns h 500\n",
  );
  expect(at({ cluster: "ollama" })).toBe("ollama localhost 10000\n");
  expect(backends.configure({ embedding: { type: "dashscope", ...AT, apiKey: "k" } })).toBe(
    "outbound|443||embed.dns dashscope.aliyuncs.com 10000\n",
  );
  const azure = { type: "azure", apiKey: "k", apiVersion: "v" };
  const alone = (cluster: string): string =>
    backends.configure({ embedding: { ...azure, cluster } });
  expect(alone("c.d")).toBe("c.d c.d 10000\n");
  expect(alone("outbound|443||c")).toBe("outbound|443||c unknownhost 10000\n");
  expect(backends.configure({ embedding: { ...azure, ...AT, cluster: "c" } })).toBe(
    "c embed.dns 10000\n",
  );
});

describe("xfyun", () => {
  const XFYUN = { type: "xfyun", ...AT, apiKey: "key", appId: "app", apiSecret: "secret" };
  const DATE = new Date(NOW * 1000).toUTCString();

  const signatureOf = (host: string, path: string): string =>
    createHmac("sha256", "secret")
      .update(`host: ${host}\ndate: ${DATE}\nPOST ${path} HTTP/1.1`)
      .digest("base64");

  const signedPath = (host: string, path: string): string => {
    const signed = signatureOf(host, path);
    const text = `api_key="key", algorithm="hmac-sha256", headers="host date request-line", signature="${signed}"`;
    const authorization = Buffer.from(text).toString("base64");
    return `:path: ${path}?${new URLSearchParams({ authorization, date: DATE, host }).toString()}`;
  };

  it("signs its calls in the query", () => {
    const host = "emb-cn-huabei-1.xf-yun.com";
    const call = backends.embed(XFYUN, "t");
    expect(call.head).toEqual([
      JSON_TYPE,
      ":method: POST",
      signedPath(host, "/"),
      `:authority: ${host}`,
    ]);
    expect(call.head[2]).toContain("&date=Fri%2C+02+Jan+2026+03%3A04%3A05+GMT&host=");
  });

  it("with the host and the path it is configured with", () => {
    const config = { ...XFYUN, serviceHost: "h:8443", path: "/v2" };
    expect(backends.embed(config, "t").head).toContain(signedPath("h:8443", "/v2"));
  });

  it("hides the text in base64", () => {
    const message = `{"messages":[{"content":${IN_JSON},"role":"user"}]}`;
    const text = Buffer.from(message).toString("base64");
    expect(backends.embed(XFYUN, TEXT).body).toBe(
      `{"header":{"app_id":"app","status":3},"parameter":{"emb":{"domain":"query","feature":{"encoding":"utf8"}}},"payload":{"messages":{"text":"${text}"}}}`,
    );
  });
});

it("dates are those of HTTP", () => {
  const dayOf = (seconds: number): string | null => backends.text("date", [seconds]);
  for (let seconds = 0; seconds < 8_000_000_000; seconds += 86_399 * 17 + 3_601) {
    expect(dayOf(seconds)).toBe(new Date(seconds * 1000).toUTCString());
  }
  for (const leap of ["2000-02-29T23:59:59Z", "2100-02-28T12:00:00Z", "2100-03-01T00:00:00Z"]) {
    expect(dayOf(Date.parse(leap) / 1000)).toBe(new Date(leap).toUTCString());
  }
});
