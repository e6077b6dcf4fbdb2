import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath } from "../../build/tools/fetch-run.js";
import { freePorts } from "./ports.js";

const PATIENCE_MS = 10_000;

/** False: tests of it are listed as not run, except in continuous integration, where they fail. */
export const hasWebdis = findOnPath("webdis") !== null || process.env["CI"] !== undefined;

/** For the names of those tests: how they can be run. */
export const WEBDIS = "the real Webdis (apt-get install webdis)";

/** A Webdis process on 127.0.0.1, open to everybody, before a Redis. */
export class WebdisServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** @param more further fields of its configuration, such as `acl` */
  static async start(
    redis: { port: number; password: string },
    more: object = {},
  ): Promise<WebdisServer> {
    const program = findOnPath("webdis");
    if (program === null) throw new Error("no webdis on the PATH: apt-get install webdis");
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), "webdis-test-"));
    const file = join(folder, "webdis.json");
    const config = {
      redis_host: "127.0.0.1",
      redis_port: redis.port,
      redis_auth: redis.password,
      http_host: "127.0.0.1",
      http_port: port,
      threads: 2,
      pool_size: 4,
      daemonize: false,
      verbosity: 1,
      logfile: join(folder, "webdis.log"),
      ...more,
    };
    writeFileSync(file, JSON.stringify(config));
    const child = spawn(program, [file], { cwd: folder, stdio: "ignore" });
    const server = new WebdisServer(child, folder, port);
    const end = Date.now() + PATIENCE_MS;
    while (!(await isListening(port))) {
      if (child.exitCode !== null || Date.now() > end) {
        await server.stop();
        throw new Error("Webdis did not start");
      }
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const gone = once(this.process, "exit");
      this.process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => done(true));
    socket.once("error", () => setTimeout(done, 20, false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}
