import type { Database } from "./databases.js";

const KEY = { serviceName: "e.dns", apiKey: "k" };

/** An array of floats as xfyun sends it. */
export function floats(...values: number[]): string {
  return Buffer.from(new Float32Array(values).buffer).toString("base64");
}

interface EmbeddingCase {
  type: string;
  config: object;
  /** An answer that holds this vector. */
  answer: (vector: unknown) => unknown;
}

/** Embedding services, except for those that do not send a vector as an array. */
export const EMBEDDINGS: EmbeddingCase[] = [
  {
    type: "dashscope",
    config: { type: "dashscope", ...KEY },
    answer: (embedding) => ({
      output: { embeddings: [{ embedding, text_index: 0 }] },
      usage: { total_tokens: 3 },
      request_id: "r",
    }),
  },
  {
    type: "openai",
    config: { type: "openai", ...KEY },
    answer: (embedding) => ({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding }],
      model: "m",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    }),
  },
  {
    type: "azure",
    config: { type: "azure", ...KEY, apiVersion: "2023-05-15" },
    answer: (embedding) => ({ object: "list", data: [{ embedding, index: 0 }] }),
  },
  {
    type: "cohere",
    config: { type: "cohere", ...KEY },
    answer: (vector) => ({ id: "i", texts: ["t"], embeddings: { float: [vector] } }),
  },
  {
    type: "ollama",
    config: { type: "ollama", serviceName: "e.dns" },
    answer: (vector) => ({ model: "m", embeddings: [vector], total_duration: 1 }),
  },
  {
    type: "huggingface",
    config: { type: "huggingface", ...KEY },
    answer: (vector) => vector,
  },
  {
    type: "textin",
    config: {
      type: "textin",
      serviceName: "e.dns",
      textinAppId: "a",
      textinSecretCode: "s",
      textinMatryoshkaDim: 256,
    },
    answer: (vector) => ({
      code: 200,
      message: "success",
      result: { embedding: [vector], matryoshka_dim: 256 },
    }),
  },
];

export const XFYUN = { type: "xfyun", ...KEY, appId: "a", apiSecret: "s" };

/** What xfyun answers. @param text base64 of a vector */
export function xfyunAnswer(text: unknown, code: unknown = 0): object {
  return { header: { code, message: "Success", sid: "s" }, payload: { feature: { text } } };
}

/** One result of a search, by parts: left out, a part is missing. */
export interface Result {
  text?: unknown;
  score?: unknown;
  answer?: unknown;
  /** Seconds since 1970. */
  createdAt?: unknown;
}

/** What a database answers when it found this. */
export function found(type: Database, results: Result[]): object {
  switch (type) {
    case "dashvector":
      return {
        code: 0,
        request_id: "r",
        output: results.map(({ text, score, answer, createdAt }, id) => ({
          id: String(id),
          fields: { answer, query: text, created_at: createdAt },
          score,
        })),
      };
    case "chroma":
      return {
        ids: [results.map(({ text }) => text)],
        distances: [results.map(({ score }) => score)],
        documents: [results.map(({ answer }) => answer)],
        metadatas: [results.map(({ createdAt }) => ({ created_at: createdAt }))],
      };
    case "elasticsearch":
      return {
        took: 1,
        hits: {
          total: { value: results.length, relation: "eq" },
          hits: results.map(({ text, score, answer, createdAt }) => ({
            _index: "c",
            _score: score,
            _source: { question: text, answer, created_at: createdAt },
          })),
        },
      };
    case "milvus":
      return {
        code: 0,
        cost: 0,
        data: results.map(({ text, score, answer, createdAt }) => ({
          distance: score,
          question: text,
          answer,
          created_at: createdAt,
        })),
      };
    case "pinecone":
      return {
        matches: results.map(({ text, score, answer, createdAt }, id) => ({
          id: String(id),
          score,
          values: [],
          metadata: { question: text, answer, created_at: createdAt },
        })),
        namespace: "n",
      };
    case "qdrant":
      return {
        result: results.map(({ text, score, answer, createdAt }, id) => ({
          id,
          version: 1,
          score,
          payload: { question: text, answer, created_at: createdAt },
        })),
        status: "ok",
        time: 0.001,
      };
    case "weaviate":
      return {
        data: {
          Get: {
            Cache_1: results.map(({ text, score, answer, createdAt }) => ({
              _additional: {
                distance: score,
                ...(createdAt !== undefined && { lastUpdateTimeUnix: `${String(createdAt)}123` }),
              },
              question: text,
              answer,
            })),
          },
        },
      };
  }
}
