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
  /** Further options of the command line. */
  more?: string[];
}

/** A Redis process on 127.0.0.1. */
export class RedisServer {
  private output = "";

  private constructor(
    private readonly process: ChildProcess,
    /** Without the password: the plugin under test has to log in. */
    readonly url: string,
  ) {
    process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
  }

  static async start(password: string, options: RedisOptions = {}): Promise<RedisServer> {
    const program = await redisServerPath();
    const { folder, loadDelayMicroseconds: delay = 0, more = [] } = options;
    const port = options.port ?? (await freePorts(1))[0];
    const network = ["--bind", "127.0.0.1", "--port", String(port), "--requirepass", password];
    const disk = folder
      ? ["--appendonly", "yes", "--appendfsync", "always", "--dir", folder]
      : ["--appendonly", "no"];
    const load = ["--save", "", "--key-load-delay", String(delay)];
    const child = spawn(program, [...network, ...disk, ...load, ...more], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const server = new RedisServer(child, `redis://127.0.0.1:${port}`);
    await server.says(delay ? "Server initialized" : "Ready to accept connections");
    return server;
  }

  /** Waits until the server has logged a text, from its start on. */
  says(text: string): Promise<void> {
    return new Promise((done, fail) => {
      const look = (): void => {
        if (this.output.includes(text)) done();
      };
      this.process.stdout?.on("data", look);
      this.process.once("error", fail);
      this.process.once("exit", () => fail(new Error(`Redis is gone:\n${this.output}`)));
      look();
    });
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Connections stay, commands arrive, and none runs before `thaw`. */
  freeze(): void {
    this.process.kill("SIGSTOP");
  }

  thaw(): void {
    this.process.kill("SIGCONT");
  }

  /** @param signal SIGKILL: nobody is told, connections break */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const gone = once(this.process, "exit");
    this.process.kill(signal);
    await gone;
  }
}
