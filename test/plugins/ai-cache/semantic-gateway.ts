import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { DATABASE_DIALECTS, type DatabaseDialect } from "../../support/vectors/databases.js";
import { EMBEDDING_DIALECTS, type EmbeddingDialect } from "../../support/vectors/embeddings.js";
import { VectorIndex } from "../../support/vectors/vector-index.js";
import { chatOf, NumberingModel, textIn, type Asking } from "./chat.js";
import { ServiceCluster } from "./service-cluster.js";

const PLUGIN = { name: "ai-cache", vmId: "one", allowOnHeadersStopIteration: true };
const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
export type Build = keyof typeof PROFILES;
export const BUILDS: Build[] = ["envoy", "higress"];

export type Config = Record<string, Json>;

/** What stands behind a gateway; left out: the usual ones. */
export interface Behind {
  embedding?: EmbeddingDialect;
  database?: DatabaseDialect;
  /** Fields of `vector` in place of the usual ones. */
  vector?: Config;
  /** Further fields of the configuration. */
  more?: Config;
}

/** A gateway with ai-cache between an embedding service, a vector database and a model. */
export class SemanticGateway {
  private constructor(
    readonly host: Host,
    readonly model: NumberingModel,
    readonly embedding: ServiceCluster,
    readonly vectors: ServiceCluster,
    readonly index: VectorIndex,
  ) {}

  static async open(build: Build, behind: Behind = {}): Promise<SemanticGateway> {
    const { embedding = OPENAI, database = QDRANT, vector = {}, more = {} } = behind;
    const index = new VectorIndex();
    const model = new NumberingModel();
    const clusters = {
      backend: upstream().handle(({ body }) => {
        const answer = model.answer(body);
        return { status: 200, headers: { "content-type": answer.type }, body: answer.body };
      }),
      embedding: new ServiceCluster(embedding.serve),
      vectors: new ServiceCluster(database.serve(index)),
    };
    const config: Config = {
      embedding: { ...(embedding.config as Config), cluster: "embedding" },
      vector: { ...(database.config as Config), cluster: "vectors", ...vector },
      ...more,
    };
    const wasm = `build/${build}/ai-cache.wasm`;
    const host = await createHost({
      profile: PROFILES[build],
      plugins: [{ ...PLUGIN, wasm, config }],
      clusters,
      lifecycle: "single",
      trace: false,
    });
    return new SemanticGateway(host, model, clusters.embedding, clusters.vectors, index);
  }

  /** The text a client gets, whoever gave it. */
  async ask(question: string, asking: Asking = {}): Promise<string> {
    const answer = await this.host
      .fetch("http://a.test/v1/chat/completions", chatOf(question, asking))
      .settle();
    return textIn(new TextDecoder().decode(answer.body));
  }

  /** Why the services refused calls. */
  get refusals(): string[] {
    return [...this.embedding.refusals, ...this.vectors.refusals];
  }
}

export const QDRANT = named(DATABASE_DIALECTS, ({ name }) => name === "qdrant");
export const OPENAI = named(EMBEDDING_DIALECTS, ({ config }) => config.type === "openai");

function named<T>(list: T[], isIt: (item: T) => boolean): T {
  const found = list.find(isIt);
  if (found === undefined) throw new Error("there is none of that name");
  return found;
}
