import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultAnswer, type RequestStep } from "../scenario/scenario.js";
import {
  ACCESS_LOG,
  bootstrap,
  LISTENERS,
  listenersFile,
  type ClusterOptions,
} from "./bootstrap.js";
import { sendH1 } from "./client-h1.js";
import { sendH2 } from "./client-h2.js";
import { Envoy, sleep } from "./envoy.js";
import { ScriptedUpstream } from "./upstream.js";
import type { ClientSeen } from "../scenario/outcome.js";

const GET: RequestStep = {
  method: "GET", path: "/a", headers: [], body: null, trailers: [], protocol: "h1",
  chunked: false, abort: false, afterMs: 0,
}; // prettier-ignore

interface Statuses {
  listener_statuses?: { name: string; local_address: { socket_address: { port_value: number } } }[];
}

/** One Envoy with a probe listener per configuration, before an upstream `backend` that says ok. */
export class ProbeListeners {
  private readonly ports = new Map<string, number>();

  private constructor(
    readonly envoy: Envoy,
    private readonly backend: ScriptedUpstream,
  ) {}

  /**
   * @param wasm path of the module, or one for each configuration
   * @param clusters besides `backend`, or instead of it
   */
  static async start(
    wasm: string | readonly string[],
    configs: readonly (readonly string[])[],
    clusters: readonly ClusterOptions[] = [],
  ): Promise<ProbeListeners> {
    const backend = new ScriptedUpstream("backend", () => defaultAnswer());
    const port = await backend.start();
    const own = clusters.some(({ name }) => name === "backend");
    const envoy = await Envoy.start({
      bootstrap: bootstrap([...clusters, ...(own ? [] : [{ name: "backend", port }])]),
      files: { [LISTENERS]: listenersFile([]) },
    });
    const listeners = new ProbeListeners(envoy, backend);
    await listeners.load(wasm, configs);
    return listeners;
  }

  private async load(
    wasm: string | readonly string[],
    configs: readonly (readonly string[])[],
  ): Promise<void> {
    const listeners = configs.map((config, i) => ({
      id: `probe-${i}`,
      plugins: [
        {
          name: "probe",
          rootId: "",
          config: config.join("\n"),
          file: typeof wasm === "string" ? wasm : (wasm[i] ?? ""),
          failurePolicy: "FAIL_CLOSED" as const,
          allowOnHeadersStopIteration: true,
        },
      ],
      routes: [],
      attributes: [],
    }));
    this.envoy.moveIn(
      LISTENERS,
      listenersFile(listeners).replaceAll("%FOLDER%", this.envoy.folder),
    );
    while (this.ports.size < configs.length) {
      await sleep(50);
      const known = JSON.parse(await this.envoy.get("/listeners?format=json")) as Statuses;
      for (const { name, local_address } of known.listener_statuses ?? [])
        this.ports.set(name, local_address.socket_address.port_value);
    }
  }

  /** Lines of the i-th probe so far. */
  lines(i: number): string[] {
    const marker = ` probe-${i}: `;
    return this.envoy.log.flatMap(({ component, text }) =>
      component === "wasm" && text.startsWith("wasm log ") && text.includes(marker)
        ? [text.slice(text.indexOf(marker) + marker.length)]
        : [],
    );
  }

  /** What the client of the last request saw. */
  client: ClientSeen | null = null;
  private readonly sent = new Map<number, number>();

  /** Sends one request to the i-th listener. */
  async send(i: number, step: Partial<RequestStep> = {}): Promise<ClientSeen> {
    this.sent.set(i, (this.sent.get(i) ?? 0) + 1);
    const send = step.protocol === "h2" ? sendH2 : sendH1;
    return await send(this.ports.get(`probe-${i}`)!, { ...GET, ...step });
  }

  /** Sends one request; answers the lines it left, once it is over. */
  async play(i: number, step: Partial<RequestStep> = {}): Promise<string[]> {
    const from = this.lines(i).length;
    this.client = await this.send(i, step);
    while (!this.lines(i).slice(from).includes("delete")) await sleep(20);
    return this.lines(i).slice(from);
  }

  /** Access log of the last request of the i-th listener. */
  async record(i = 0): Promise<{ details: string; flags: string }> {
    const file = join(this.envoy.folder, ACCESS_LOG);
    const sent = this.sent.get(i) ?? 0;
    for (;;) {
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
      const own = lines
        .map((line) => JSON.parse(line) as { id: string; details: string; flags: string })
        .filter(({ id }) => id === `probe-${i}`);
      if (own.length >= sent) return own[sent - 1]!;
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.backend.stop();
  }
}
