import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { raisePriority } from "./measure.js";
import type { Traffic } from "./traffic.js";

/** One burst of requests. */
export interface Load {
  port: number;
  requests: number;
  connections: number;
  headers: Record<string, string>;
  traffic: Traffic;
  /** Values of the traffic's key header, sent in turn. */
  keys: string[];
  /** In place of `keys`: a new one for each request, numbered from here. */
  newKeysFrom?: number;
}

/** What came back. */
export interface LoadResult {
  ok: number;
  refused: number;
  errors: number;
  perSecond: number;
}

/** The load generator (autocannon) in a process of its own. */
export class LoadGenerator {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(fileURLToPath(new URL("./load-process.ts", import.meta.url)));
    raisePriority(this.child.pid ?? -1);
  }

  /** @throws Error when not every request was answered with 2xx: such a figure means nothing */
  async drive(load: Load): Promise<LoadResult> {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      const ended = (): void => reject(new Error("the load generator ended"));
      this.child.once("exit", ended);
      this.child.once("message", (message) => {
        this.child.off("exit", ended);
        resolve(message as LoadResult);
      });
      this.child.send(load);
    });
    const { ok, refused, errors } = result;
    if (refused > 0 || errors > 0 || ok < load.requests) {
      throw new Error(`${ok} of ${load.requests} answered, ${refused} refused, ${errors} errors`);
    }
    return result;
  }

  stop(): void {
    this.child.kill();
  }
}
