import { createHmac } from "node:crypto";
import { directionOf } from "./meaning.js";
import * as wire from "../../../examples/demo/vectors/wire.js";

const KEY = "embedding-key";

/** An embedding service: how the plugin is told of it, and how it answers. */
export interface EmbeddingDialect {
  /** Without the name of a service or cluster. */
  config: { type: string } & Record<string, unknown>;
  serve: wire.Service;
}

const bearer = (request: wire.WireRequest): void =>
  wire.checkHeader(request, "authorization", `Bearer ${KEY}`);

function ok(body: unknown): wire.WireAnswer {
  return { status: 200, body };
}

const dashscope: wire.Service = (request) => {
  bearer(request);
  const path = "/api/v1/services/embeddings/text-embedding/text-embedding";
  wire.checkCall(request, "POST", path);
  const body = wire.membersOf(wire.bodyOf(request), ["model", "input", "parameters"]);
  wire.checkSame([body.model, body.parameters], ["text-embedding-v2", { text_type: "query" }]);
  const text = wire.onlyOf(wire.membersOf(body.input, ["texts"]).texts);
  const embedding = directionOf(wire.textOf(text));
  return ok({ output: { embeddings: [{ embedding, text_index: 0 }] }, request_id: "r" });
};

const openai: wire.Service = (request) => {
  bearer(request);
  wire.checkCall(request, "POST", "/v1/embeddings");
  const body = wire.membersOf(wire.bodyOf(request), ["input", "model"]);
  wire.checkSame(body.model, "text-embedding-3-small");
  const embedding = directionOf(wire.textOf(body.input));
  return ok({ object: "list", data: [{ object: "embedding", index: 0, embedding }] });
};

const azure: wire.Service = (request) => {
  wire.checkHeader(request, "api-key", KEY);
  const path = "/openai/deployments/text-embedding-ada-002/embeddings?api-version=2023-05-15";
  wire.checkCall(request, "POST", path);
  const { input } = wire.membersOf(wire.bodyOf(request), ["input"]);
  return ok({ object: "list", data: [{ index: 0, embedding: directionOf(wire.textOf(input)) }] });
};

const cohere: wire.Service = (request) => {
  wire.checkHeader(request, "authorization", `BEARER ${KEY}`);
  wire.checkCall(request, "POST", "/v2/embed");
  const { texts, ...rest } = wire.membersOf(wire.bodyOf(request), [
    "texts",
    "model",
    "input_type",
    "embedding_types",
  ]);
  wire.checkSame(Object.values(rest), ["embed-english-v2.0", "search_document", ["float"]]);
  const text = wire.textOf(wire.onlyOf(texts));
  return ok({ id: "i", texts, embeddings: { float: [directionOf(text)] } });
};

const ollama: wire.Service = (request) => {
  wire.checkCall(request, "POST", "/api/embed");
  const body = wire.membersOf(wire.bodyOf(request), ["input", "model"]);
  wire.checkSame(body.model, "llama3.2");
  return ok({ model: "llama3.2", embeddings: [directionOf(wire.textOf(body.input))] });
};

const huggingface: wire.Service = (request) => {
  bearer(request);
  const path = "/pipeline/feature-extraction/sentence-transformers/all-MiniLM-L6-v2";
  wire.checkCall(request, "POST", path);
  const { inputs, options } = wire.membersOf(wire.bodyOf(request), ["inputs", "options"]);
  wire.checkSame(options, { wait_for_model: true });
  return ok(directionOf(wire.textOf(inputs)));
};

const textin: wire.Service = (request) => {
  wire.checkHeader(request, "x-ti-app-id", "app");
  wire.checkHeader(request, "x-ti-secret-code", "secret");
  wire.checkCall(request, "POST", "/ai/service/v1/acge_embedding");
  const body = wire.membersOf(wire.bodyOf(request), ["input", "matryoshka_dim"]);
  wire.checkSame(body.matryoshka_dim, 128);
  const text = wire.textOf(wire.onlyOf(body.input));
  return ok({ code: 200, message: "success", result: { embedding: [directionOf(text)] } });
};

/** Verifies the signature in the query; sends floats in base64. */
const xfyun: wire.Service = (request) => {
  const { pathname, searchParams } = new URL(request.path, "http://h");
  wire.checkCall({ ...request, path: pathname }, "POST", "/");
  wire.checkSame([...searchParams.keys()], ["authorization", "date", "host"]);
  const [date = "", host = ""] = [searchParams.get("date") ?? "", searchParams.get("host") ?? ""];
  wire.check(host === request.headers.host, `signed for ${host}`, 401);
  const signature = createHmac("sha256", "secret")
    .update(`host: ${host}\ndate: ${date}\nPOST / HTTP/1.1`)
    .digest("base64");
  const wanted = `api_key="${KEY}", algorithm="hmac-sha256", headers="host date request-line", signature="${signature}"`;
  const sent = Buffer.from(searchParams.get("authorization") ?? "", "base64").toString();
  wire.check(sent === wanted, "HMAC signature does not match", 401);
  const body = wire.membersOf(wire.bodyOf(request), ["header", "parameter", "payload"]);
  wire.checkSame(body.header, { app_id: "app", status: 3 });
  wire.checkSame(body.parameter, { emb: { domain: "query", feature: { encoding: "utf8" } } });
  const { messages } = wire.membersOf(body.payload, ["messages"]);
  const { text } = wire.membersOf(messages, ["text"]);
  const message = JSON.parse(Buffer.from(wire.textOf(text), "base64").toString()) as unknown;
  const { content, role } = wire.membersOf(
    wire.onlyOf(wire.membersOf(message, ["messages"]).messages),
    ["content", "role"],
  );
  wire.checkSame(role, "user");
  const floats = new Float32Array(directionOf(wire.textOf(content)));
  const feature = { text: Buffer.from(floats.buffer).toString("base64") };
  return ok({ header: { code: 0, message: "Success", sid: "s" }, payload: { feature } });
};

/** All eight. */
export const EMBEDDING_DIALECTS: EmbeddingDialect[] = [
  { config: { type: "dashscope", apiKey: KEY }, serve: dashscope },
  { config: { type: "openai", apiKey: KEY }, serve: openai },
  { config: { type: "azure", apiKey: KEY, apiVersion: "2023-05-15" }, serve: azure },
  { config: { type: "cohere", apiKey: KEY }, serve: cohere },
  { config: { type: "ollama" }, serve: ollama },
  { config: { type: "huggingface", apiKey: KEY }, serve: huggingface },
  {
    config: {
      type: "textin",
      textinAppId: "app",
      textinSecretCode: "secret",
      textinMatryoshkaDim: 128,
    },
    serve: textin,
  },
  {
    config: { type: "xfyun", apiKey: KEY, appId: "app", apiSecret: "secret" },
    serve: xfyun,
  },
];
