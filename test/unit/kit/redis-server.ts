import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { redisServerPath } from "../../../build/tools/fetch.js";
import { freePorts } from "../../support/ports.js";

/** What a Redis process may be told. */
export interface RedisOptions {
  /** To listen on, such as that of one which was stopped; default a free one. */
  port?: number;
  /** Every write is on disk there before it is answered, and read when it starts; default: none. */
  folder?: string;
  /** Slept before each command that is read from there: `start` does not wait for the end of it. */
  loadDelayMicroseconds?: number;
}

/** A Redis process on 127.0.0.1. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    /** Without the password: the plugin under test has to log in. */
    readonly url: string,
  ) {}

  static async start(password: string, options: RedisOptions = {}): Promise<RedisServer> {
    const program = await redisServerPath();
    const { folder, loadDelayMicroseconds: delay = 0 } = options;
    const port = options.port ?? (await freePorts(1))[0];
    const network = ["--bind", "127.0.0.1", "--port", String(port), "--requirepass", password];
    const disk = folder
      ? ["--appendonly", "yes", "--appendfsync", "always", "--dir", folder]
      : ["--appendonly", "no"];
    const load = ["--save", "", "--key-load-delay", String(delay)];
    const child = spawn(program, [...network, ...disk, ...load], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const sign = delay ? "Server initialized" : "Ready to accept connections";
    await new Promise<void>((ready, fail) => {
      let printed = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        if (printed.includes(sign)) ready();
      });
      child.once("error", fail);
      child.once("exit", () => fail(new Error(`Redis did not start:\n${printed}`)));
    });
    return new RedisServer(child, `redis://127.0.0.1:${port}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** @param signal SIGKILL: nobody is told, connections break */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const gone = once(this.process, "exit");
    this.process.kill(signal);
    await gone;
  }
}
