import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath } from "../../build/tools/fetch-run.js";
import { freePorts } from "./ports.js";

const PATIENCE_MS = 30_000;

/** False: tests of it are listed as not run, except in continuous integration, where they fail. */
export const hasPrometheus = findOnPath("prometheus") !== null || process.env["CI"] !== undefined;

/** For the names of those tests: how they can be run. */
export const PROMETHEUS = "the real Prometheus (apt-get install prometheus)";

/** One series of an answer. */
export interface Sample {
  metric: Record<string, string>;
  value: [time: number, value: string];
}

/** A Prometheus process on 127.0.0.1 that asks one target every second. */
export class PrometheusServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** @param target address of the page's server, without scheme. @param path of the page */
  static async start(target: string, path: string): Promise<PrometheusServer> {
    const program = findOnPath("prometheus");
    if (program === null) throw new Error("no prometheus on the PATH: apt-get install prometheus");
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), "prometheus-test-"));
    const file = join(folder, "prometheus.yml");
    const job = {
      job_name: "gateway",
      metrics_path: path,
      static_configs: [{ targets: [target] }],
    };
    // JSON is YAML.
    writeFileSync(
      file,
      JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs: [job] }),
    );
    const child = spawn(
      program,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { cwd: folder, stdio: "ignore" },
    );
    const server = new PrometheusServer(child, folder, `http://127.0.0.1:${port}`);
    const end = Date.now() + PATIENCE_MS;
    while (!(await server.isReady())) {
      if (child.exitCode !== null || Date.now() > end) {
        await server.stop();
        throw new Error("Prometheus did not start");
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return server;
  }

  /** The series of an expression now. @throws Error with Prometheus's reason when it is none */
  async query(expression: string): Promise<Sample[]> {
    const path = `query?query=${encodeURIComponent(expression)}`;
    return (await this.ask<{ result: Sample[] }>(path)).result;
  }

  /** What Grafana's `label_values(metric, label)` asks for. */
  labelValues(metric: string, label: string): Promise<string[]> {
    return this.ask(`label/${label}/values?match[]=${metric}`);
  }

  private async ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}`);
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: T;
    };
    if (status !== "success" || !data) throw new Error(`${path}: ${error}`);
    return data;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const gone = once(this.process, "exit");
      this.process.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private isReady(): Promise<boolean> {
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
