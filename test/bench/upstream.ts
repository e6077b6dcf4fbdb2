import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { raisePriority } from "./measure.js";

/** The model that Envoys send to, in a process of its own. */
export class Upstream {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<Upstream> {
    const child = fork(fileURLToPath(new URL("./upstream-process.ts", import.meta.url)));
    const [port] = (await once(child, "message")) as [number];
    raisePriority(child.pid ?? -1);
    return new Upstream(child, port);
  }

  stop(): void {
    this.child.kill();
  }
}
