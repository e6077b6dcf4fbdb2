import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { NumberingModel } from "../plugins/ai-cache/chat.js";
import { DATABASE_DIALECTS } from "../support/vectors/databases.js";
import { EMBEDDING_DIALECTS } from "../support/vectors/embeddings.js";
import { ChromaServer } from "../support/vectors/chroma-server.js";
import { VectorIndex } from "../../examples/demo/vectors/vector-index.js";
import { WireServer } from "../support/vectors/wire-server.js";

/** A vector database behind a port, and what it holds. */
export interface DatabaseServer {
  server: WireServer;
  index: VectorIndex;
}

/** All that an ai-cache can be configured with, each behind a port of 127.0.0.1. */
export class SemanticServices {
  readonly model = new NumberingModel();
  readonly embeddings = new Map<string, WireServer>();
  /** By the name of their dialect. */
  readonly databases = new Map<string, DatabaseServer>();
  private readonly modelServer: Server;

  private constructor(
    readonly chroma: ChromaServer,
    /** Id of a collection of `chroma`. */
    readonly collection: string,
  ) {
    this.modelServer = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => (text += part));
      request.on("end", () => {
        const { type, body } = this.model.answer(text);
        response.writeHead(200, { "content-type": type }).end(body);
      });
    });
  }

  static async start(): Promise<SemanticServices> {
    const chroma = await ChromaServer.start();
    const services = new SemanticServices(chroma, await chroma.createCollection("real", "l2"));
    await new Promise<void>((done) => services.modelServer.listen(0, "127.0.0.1", done));
    for (const { config, serve } of EMBEDDING_DIALECTS) {
      services.embeddings.set(config.type, await WireServer.start(serve));
    }
    for (const { name, serve } of DATABASE_DIALECTS) {
      const index = new VectorIndex();
      services.databases.set(name, { server: await WireServer.start(serve(index)), index });
    }
    return services;
  }

  get modelPort(): number {
    return (this.modelServer.address() as AddressInfo).port;
  }

  /** Clusters by name. */
  get clusters(): Record<string, number> {
    const ports: Record<string, number> = { "real-chroma": this.chroma.port };
    for (const [type, { port }] of this.embeddings) ports[`embedding-${type}`] = port;
    for (const [name, { server }] of this.databases) ports[clusterOf(name)] = server.port;
    return ports;
  }

  /** Why calls were refused. */
  get refusals(): string[] {
    const databases = [...this.databases.values()].map(({ server }) => server);
    return [...this.embeddings.values(), ...databases].flatMap(({ refusals }) => refusals);
  }

  async stop(): Promise<void> {
    this.modelServer.closeAllConnections();
    this.modelServer.close();
    await this.chroma.stop();
    for (const server of this.embeddings.values()) await server.stop();
    for (const { server } of this.databases.values()) await server.stop();
  }
}

/** The cluster of a database. */
export function clusterOf(name: string): string {
  return `vectors-${name.replaceAll(" ", "-")}`;
}
