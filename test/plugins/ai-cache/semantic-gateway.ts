import { createHost, upstream, type Host, type HostOptions, type Json } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { DATABASE_DIALECTS, type DatabaseDialect } from "../../support/vectors/databases.js";
import { EMBEDDING_DIALECTS, type EmbeddingDialect } from "../../support/vectors/embeddings.js";
import { VectorIndex } from "../../../examples/demo/vectors/vector-index.js";
import { chatOf, NumberingModel, textIn, type Asking } from "./chat.js";
import { ServiceCluster } from "./service-cluster.js";

const PLUGIN = { name: "ai-cache", vmId: "one", allowOnHeadersStopIteration: true };
export const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
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
  /** Further clusters. */
  clusters?: HostOptions["clusters"];
}

/** An embedding service, a vector database and a model. */
class Services {
  readonly index = new VectorIndex();
  readonly model = new NumberingModel();
  readonly embedding: ServiceCluster;
  readonly vectors: ServiceCluster;
  /** Of the gateway, in milliseconds. */
  now: () => number = Date.now;

  constructor({ embedding = OPENAI, database = QDRANT }: Behind) {
    this.embedding = new ServiceCluster(embedding.serve);
    this.vectors = new ServiceCluster(database.serve(this.index, () => this.now()));
  }

  get clusters(): NonNullable<HostOptions["clusters"]> {
    const backend = upstream().handle(({ body }) => {
      const answer = this.model.answer(body);
      return { status: 200, headers: { "content-type": answer.type }, body: answer.body };
    });
    return { backend, embedding: this.embedding, vectors: this.vectors };
  }
}

/** A gateway with ai-cache between clients and `services`. */
export function gatewayOf(
  build: Build,
  behind: Behind = {},
  services = new Services(behind),
): HostOptions {
  const { embedding = OPENAI, database = QDRANT, vector = {}, more = {}, clusters = {} } = behind;
  const config: Config = {
    embedding: { ...(embedding.config as Config), cluster: "embedding" },
    vector: { ...(database.config as Config), cluster: "vectors", ...vector },
    ...more,
  };
  return {
    profile: PROFILES[build],
    plugins: [{ ...PLUGIN, wasm: `build/${build}/ai-cache.wasm`, config }],
    clusters: { ...services.clusters, ...clusters },
    lifecycle: "single",
  };
}

/** A gateway of `gatewayOf`, and what stands behind it. */
export class SemanticGateway {
  private constructor(
    readonly host: Host,
    private readonly services: Services,
  ) {}

  static async open(build: Build, behind: Behind = {}): Promise<SemanticGateway> {
    const services = new Services(behind);
    const options = gatewayOf(build, behind, services);
    const host = await createHost({ ...options, trace: false });
    services.now = () => host.clock.now;
    return new SemanticGateway(host, services);
  }

  get index(): VectorIndex {
    return this.services.index;
  }

  get model(): NumberingModel {
    return this.services.model;
  }

  get embedding(): ServiceCluster {
    return this.services.embedding;
  }

  get vectors(): ServiceCluster {
    return this.services.vectors;
  }

  /** The text a client gets, whoever gave it. */
  async ask(question: string | object[], asking: Asking = {}): Promise<string> {
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
