import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { redisServerPath } from "../../../build/tools/fetch.js";
import { freePorts } from "../../support/ports.js";

/** A Redis process without persistence, on 127.0.0.1. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    /** Without the password: the plugin under test has to log in. */
    readonly url: string,
  ) {}

  /** @param at port to listen on, such as that of one which was stopped; default a free one */
  static async start(password: string, at?: number): Promise<RedisServer> {
    const program = await redisServerPath();
    const port = at ?? (await freePorts(1))[0];
    const options = ["--bind", "127.0.0.1", "--port", String(port), "--requirepass", password];
    const child = spawn(program, [...options, "--save", "", "--appendonly", "no"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((ready, fail) => {
      let printed = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        if (printed.includes("Ready to accept connections")) ready();
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
