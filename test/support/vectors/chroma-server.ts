import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromaCommand } from "../../../build/tools/fetch.js";
import { freePorts } from "../ports.js";

const COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections";
const START_MS = 30_000;

/** A real Chroma on 127.0.0.1. */
export class ChromaServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<ChromaServer> {
    const [program = "", ...before] = await chromaCommand();
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), "chroma-test-"));
    const args = ["--path", folder, "--host", "127.0.0.1", "--port", String(port)];
    const child = spawn(program, [...before, ...args], { stdio: "ignore" });
    const server = new ChromaServer(child, port, folder);
    await server.isReady();
    return server;
  }

  /** A new collection. @param space how far apart vectors are: cosine, l2, ip */
  async createCollection(name: string, space: string): Promise<string> {
    const configuration = { hnsw: { space } };
    const created = await this.call(COLLECTIONS, { name, configuration });
    return (created as { id: string }).id;
  }

  /** All that a collection holds, by its id. */
  async entries(id: string): Promise<{ ids: string[]; documents: string[] }> {
    const include = ["documents"];
    return (await this.call(`${COLLECTIONS}/${id}/get`, { include })) as never;
  }

  /** @param signal SIGKILL: nobody is told, connections break */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = once(this.process, "exit");
      this.process.kill(signal);
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<void> {
    const last = Date.now() + START_MS;
    while (this.process.exitCode === null && Date.now() < last) {
      const isUp = await fetch(`http://127.0.0.1:${this.port}/api/v2/heartbeat`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return;
      await pause(50);
    }
    await this.stop("SIGKILL");
    throw new Error("Chroma did not start");
  }

  private async call(path: string, body: object): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`Chroma: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
