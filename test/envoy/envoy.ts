import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyPath } from "../../build/tools/fetch.js";

/** One line of Envoy's own log; text may span several lines. */
export interface EnvoyLogLine {
  /** Envoy's words: trace, debug, info, warning, error, critical. */
  level: string;
  component: string;
  /** Number of the thread that wrote it. */
  thread: string;
  text: string;
}

export interface EnvoyOptions {
  /** Bootstrap without `admin`; `%FOLDER%` stands for the folder of this run. */
  bootstrap: object;
  /** Files put into the folder of this run before the start. */
  files?: Record<string, string>;
  /** Further command-line arguments. */
  args?: string[];
  /** Worker threads; default 1. */
  workers?: number;
  /** Level of the `wasm` component, which plugin log lines pass; default info. */
  wasmLogLevel?: string;
}

const MARK = "@@";
const READY_TIMEOUT_MS = 120_000;

/** Waits; only for polling, never as an assertion. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A running Envoy on loopback addresses with ports chosen by the kernel. */
export class Envoy {
  /** Every complete line of the log so far. */
  readonly log: EnvoyLogLine[] = [];
  private partial = "";
  private admin = "";
  private ended: string | null = null;

  private constructor(
    private readonly child: ChildProcess,
    /** Temporary files of this run; removed by `stop`. */
    readonly folder: string,
  ) {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.read(text));
    child.on("exit", (code, signal) => (this.ended = `Envoy ended (${signal ?? code})`));
    process.on("exit", this.kill);
  }

  /** Number of this process, for CPU measurements. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /**
   * Starts Envoy and waits until it is ready.
   *
   * @throws Error with the log when it ends or does not get ready
   */
  static async start(options: EnvoyOptions): Promise<Envoy> {
    const folder = mkdtempSync(join(tmpdir(), "envoy-test-"));
    const bootstrap = {
      admin: { address: loopback(0) },
      ...options.bootstrap,
    };
    const text = JSON.stringify(bootstrap).replaceAll("%FOLDER%", folder);
    writeFileSync(join(folder, "bootstrap.json"), text);
    for (const [name, content] of Object.entries(options.files ?? {})) {
      writeFileSync(join(folder, name), content);
    }
    const args = ["-c", join(folder, "bootstrap.json")]
      .concat(
        "--admin-address-path",
        join(folder, "admin"),
        "--concurrency",
        String(options.workers ?? 1),
      )
      .concat("--disable-hot-restart", "-l", "warning", "--file-flush-interval-msec", "20")
      .concat("--component-log-level", `wasm:${options.wasmLogLevel ?? "info"}`)
      .concat("--log-format", `${MARK}%l %n %t %v`, "--drain-time-s", "0", ...(options.args ?? []));
    const child = spawn(await envoyPath(), args, { stdio: ["ignore", "ignore", "pipe"] });
    const envoy = new Envoy(child, folder);
    try {
      await envoy.waitReady();
    } catch (error) {
      await envoy.stop();
      throw error;
    }
    return envoy;
  }

  private async waitReady(): Promise<void> {
    const file = join(this.folder, "admin");
    const end = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < end) {
      if (this.ended) throw new Error(`${this.ended}:\n${this.logText()}`);
      if (existsSync(file)) this.admin = readFileSync(file, "utf8").trim();
      if (this.admin && (await this.get("/ready").catch(() => "")).includes("LIVE")) return;
      await sleep(20);
    }
    throw new Error(`Envoy did not get ready:\n${this.logText()}`);
  }

  /** Body of an admin page. */
  get(path: string, method: "GET" | "POST" = "GET"): Promise<string> {
    const [host, port] = this.admin.split(":");
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(new Error(`${this.ended}:\n${this.logText()}`));
      const call = request({ host, port, path, method, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve(text)).on("error", reject);
      });
      call.on("error", reject).end();
    });
  }

  /** Counters and gauges whose name matches an RE2 expression. */
  async stats(filter: string): Promise<Map<string, number>> {
    const text = await this.get(`/stats?format=json&filter=${encodeURIComponent(filter)}`);
    const { stats } = JSON.parse(text) as { stats: { name?: string; value?: number }[] };
    const pairs = stats.flatMap(({ name, value }): [string, number][] =>
      name !== undefined && typeof value === "number" ? [[name, value]] : [],
    );
    return new Map(pairs);
  }

  /** Sets the level of the `wasm` component. */
  async setWasmLogLevel(level: string): Promise<void> {
    await this.get(`/logging?wasm=${level === "warn" ? "warning" : level}`, "POST");
  }

  /** Replaces a watched file the way Envoy notices: write aside, then move. */
  moveIn(name: string, content: string): void {
    const aside = join(this.folder, `.${name}`);
    writeFileSync(aside, content);
    renameSync(aside, join(this.folder, name));
  }

  /** The log as text, for error messages. */
  logText(): string {
    return this.log.map((line) => `[${line.level}][${line.component}] ${line.text}`).join("\n");
  }

  private read(text: string): void {
    const lines = (this.partial + text).split("\n");
    this.partial = lines.pop() ?? "";
    for (const line of lines) {
      const match = line.startsWith(MARK) ? /^@@(\S+) (\S+) (\S+) (.*)$/.exec(line) : null;
      const last = this.log.at(-1);
      if (match) {
        const [, level = "", component = "", thread = "", text = ""] = match;
        this.log.push({ level, component, thread, text });
      } else if (last && line !== MARK) last.text += `\n${line}`;
      else this.log.push({ level: "info", component: "", thread: "", text: line });
    }
  }

  private readonly kill = (): void => {
    if (!this.ended) this.child.kill("SIGKILL");
  };

  /** Ends the process and removes its files. */
  async stop(): Promise<void> {
    process.off("exit", this.kill);
    if (!this.ended) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Socket address on loopback; port 0 = the kernel chooses. */
export function loopback(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
