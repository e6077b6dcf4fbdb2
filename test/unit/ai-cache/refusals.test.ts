import { beforeAll, describe, expect, it } from "vitest";
import { Backends } from "./backends.js";
import { DATABASES } from "./databases.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const NAME = { serviceName: "s.dns" };

describe("embedding", () => {
  const refused = (embedding: object): string => backends.configure({ embedding });
  const NONE = "embedding.serviceName: embedding service name is required";

  it("is none without a type", () => {
    for (const type of [undefined, "", null]) expect(refused({ type })).toBe("");
  });

  it("the name of the service is looked at first", () => {
    for (const type of ["openai", "nonsense"]) {
      expect(refused({ type })).toBe(NONE);
      expect(refused({ type, serviceName: "" })).toBe(NONE);
    }
    expect(refused({ type: "OpenAI", ...NAME })).toBe(
      "embedding.type: unknown embedding service provider type: OpenAI",
    );
  });

  const MISSING: [type: string, has: object, field: string, message: string][] = [
    ["dashscope", {}, "apiKey", "[DashScope] apiKey is required"],
    ["openai", {}, "apiKey", "[openAI] apiKey is required"],
    ["azure", { apiVersion: "v" }, "apiKey", "[Azure] apiKey is required"],
    ["azure", { apiKey: "k" }, "apiVersion", "[Azure] apiVersion is required"],
    ["cohere", {}, "apiKey", "[Cohere] apiKey is required"],
    ["huggingface", {}, "apiKey", "[HuggingFace] hfTokens is required"],
    ["textin", {}, "textinAppId", "textinAppId is required"],
    ["textin", { textinAppId: "a" }, "textinSecretCode", "textinSecretCode is required"],
    [
      "textin",
      { textinAppId: "a", textinSecretCode: "s", textinMatryoshkaDim: 0 },
      "textinMatryoshkaDim",
      "embedding service TextIn Matryoshka Dim is required",
    ],
    ["xfyun", {}, "apiKey", "[Xfyun] apiKey is required"],
    ["xfyun", { apiKey: "k" }, "appId", "[Xfyun] appId is required"],
    ["xfyun", { apiKey: "k", appId: "a" }, "apiSecret", "[Xfyun] apiSecret is required"],
  ];

  it.each(MISSING)("%s with %j lacks %s", (type, has, field, message) => {
    expect(refused({ type, ...NAME, ...has })).toBe(`embedding.${field}: ${message}`);
  });

  const OLLAMA = { type: "ollama", ...NAME };
  const BAD: [fields: object, reason: string][] = [
    [{ servicePort: 65536 }, "servicePort: must be between 0 and 65535"],
    [{ servicePort: -1 }, "servicePort: must be between 0 and 65535"],
    [{ timeout: -1 }, "timeout: must be between 0 and 2147483647"],
    [{ timeout: "99999999999" }, "timeout: must be between 0 and 2147483647"],
    [{ serviceHost: "a\r\nb: c" }, "serviceHost: cannot stand in a header"],
    [{ path: "v1" }, "path: must begin with /"],
    [{ path: "/a b" }, "path: must be percent-encoded"],
    [{ path: "/é" }, "path: must be percent-encoded"],
    [{ path: "/\u007f" }, "path: must be percent-encoded"],
  ];

  it.each(BAD)("%j is refused", (fields, reason) => {
    expect(refused({ ...OLLAMA, ...fields })).toBe(`embedding.${reason}`);
  });

  it("a key that would split a header is refused", () => {
    for (const type of ["dashscope", "openai", "cohere", "huggingface"]) {
      const reason = "embedding.apiKey: cannot stand in a header";
      expect(refused({ type, ...NAME, apiKey: "a\nb" })).toBe(reason);
    }
    const textin = { type: "textin", ...NAME, textinMatryoshkaDim: 8 };
    expect(refused({ ...textin, textinAppId: "a", textinSecretCode: "\r" })).toBe(
      "embedding.textinSecretCode: cannot stand in a header",
    );
    expect(refused({ ...textin, textinAppId: "\n", textinSecretCode: "s" })).toBe(
      "embedding.textinAppId: cannot stand in a header",
    );
    expect(refused({ ...textin, textinAppId: "a", textinSecretCode: "s" })).toContain("s.dns");
    expect(
      refused({ type: "xfyun", ...NAME, apiKey: "k", appId: "a", apiSecret: "s", path: "/?a" }),
    ).toBe("embedding.path: must be without a query");
  });
});

describe("vector", () => {
  const refused = (vector: object): string => backends.configure({ vector });

  it("is none without a type", () => {
    for (const type of [undefined, "", null]) expect(refused({ type })).toBe("");
    expect(refused({ type: "pgvector" })).toBe(
      "vector.type: unknown vector database service provider type: pgvector",
    );
  });

  const ORDER: [type: string, name: string, fields: string[]][] = [
    ["dashvector", "DashVector", ["apiKey", "collectionID", "serviceName", "serviceHost"]],
    ["chroma", "Chroma", ["collectionID", "serviceName"]],
    ["elasticsearch", "ES", ["collectionID", "serviceName"]],
    ["weaviate", "Weaviate", ["collectionID", "serviceName"]],
    ["pinecone", "Pinecone", ["serviceHost", "serviceName", "apiKey"]],
    ["qdrant", "Qdrant", ["serviceName", "collectionID"]],
    ["milvus", "Milvus", ["serviceName", "collectionID"]],
  ];

  it.each(ORDER)(
    "%s: relation, then what must be there, in the peer's order",
    (type, name, fields) => {
      const relation = "vector.thresholdRelation: invalid thresholdRelation: near";
      expect(refused({ type, thresholdRelation: "near" })).toBe(relation);
      const config: Record<string, unknown> = { type };
      for (const field of fields) {
        expect(refused(config)).toBe(`vector.${field}: [${name}] ${field} is required`);
        expect(refused({ ...config, [field]: "" })).toBe(
          `vector.${field}: [${name}] ${field} is required`,
        );
        config[field] = "Value";
      }
      expect(refused(config)).toContain("outbound|443||Value Value 10000\n");
    },
  );

  it.each(DATABASES)("$type: a cluster stands for the name of a service", ({ config }) => {
    const { serviceName: _, ...rest } = config as { serviceName: string };
    expect(refused({ ...rest, cluster: "db" })).toContain("db vectors.example 10000\n");
    expect(refused({ ...config, servicePort: 0, timeout: 0, topK: 0 })).toBe(refused(config));
    expect(refused({ ...config, servicePort: "8080", timeout: "250" })).toContain(
      "outbound|8080||vectors.dns vectors.example 250\n",
    );
  });

  const QDRANT = { type: "qdrant", ...NAME, collectionID: "c" };
  const BAD: [fields: object, reason: string][] = [
    [{ servicePort: 70000 }, "servicePort: must be between 0 and 65535"],
    [{ timeout: -5 }, "timeout: must be between 0 and 2147483647"],
    [{ topK: -1 }, "topK: must be between 0 and 16384"],
    [{ threshold: "near" }, "threshold: must be a number"],
    [{ threshold: {} }, "threshold: must be a number"],
    [{ threshold: [] }, "threshold: must be a number"],
    [{ threshold: "0.5x" }, "threshold: must be a number"],
    [{ thresholdRelation: "LT" }, "thresholdRelation: invalid thresholdRelation: LT"],
    [{ partitionMode: "none" }, "partitionMode: must be one of prefix, filter"],
    [{ serviceHost: "a\nb" }, "serviceHost: cannot stand in a header"],
    [{ apiKey: "a\nb" }, "apiKey: cannot stand in a header"],
  ];

  it.each(BAD)("%j is refused", (fields, reason) => {
    expect(refused({ ...QDRANT, ...fields })).toBe(`vector.${reason}`);
  });

  it("keys that would split a header are refused", () => {
    for (const { type, config } of DATABASES) {
      if (type === "chroma") continue;
      const reason = "vector.apiKey: cannot stand in a header";
      expect(refused({ ...config, apiKey: "a\nb" })).toBe(reason);
    }
  });

  it("chroma has two APIs", () => {
    const config = { type: "chroma", ...NAME, collectionID: "c" };
    expect(refused({ ...config, apiVersion: "v3" })).toBe(
      "vector.apiVersion: must be one of v1, v2",
    );
    expect(refused({ ...config, apiVersion: "v1" })).toBe(refused(config));
  });

  it("weaviate: a class that no query could name finds nothing, as with the peer; that is said", () => {
    const config = { type: "weaviate", ...NAME };
    const warning = "vector.collectionID is no name of a class: nothing is found";
    for (const collectionID of ["Ca-che", "1C", "C{", "Caché", "C D"]) {
      expect(refused({ ...config, collectionID })).toContain(
        `outbound|443||s.dns s.dns 10000\n${warning}`,
      );
    }
    for (const collectionID of ["C_1x", "cache"]) {
      expect(refused({ ...config, collectionID })).not.toContain("collectionID");
    }
  });

  it("warns where no score would ever be near enough", () => {
    const warned = DATABASES.filter(({ config }) => refused(config).includes("threshold"));
    expect(warned.map(({ type }) => type)).toEqual([
      "elasticsearch",
      "milvus",
      "pinecone",
      "qdrant",
    ]);
    for (const { config } of DATABASES) {
      const vector = { ...config, threshold: 0, thresholdRelation: "gt" };
      expect(backends.configure({ vector })).not.toContain("threshold");
      expect(backends.configure({ vector: config, lenient: true })).not.toContain("threshold");
    }
  });
});
