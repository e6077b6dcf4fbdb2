import { Agent, request } from "node:http";
import { createHost, upstream, type Host, type StreamHandle } from "proxy-wasm-test";
import { defaultAnswer } from "../scenario/scenario.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { Envoy, sleep } from "./envoy.js";
import { ScriptedUpstream } from "./upstream.js";

/** One request that says what the probe does with it; see `script` in the probe. */
export interface Step {
  worker: 0 | 1;
  does: string;
  /** Goes on without its answer, which comes after a later step. */
  waits?: true;
  /** Lines `queue_ready` there must be, since the beginning, before the next step. */
  ready?: number;
}

export interface Case {
  /** Besides `request_headers script x-do`. */
  config?: readonly string[];
  steps: readonly Step[];
}

/** What each thread logged, and how each request was answered. */
export interface Heard {
  lines: Record<string, string[]>;
  statuses: number[];
}

const HEADER = "x-do";
/** Longer than any period of a case, and than an upstream takes. */
const STEP_MS = 100;

function configOf({ config = [] }: Case): string {
  return [`request_headers script ${HEADER}`, ...config].join("\n");
}

interface Statuses {
  listener_statuses?: { name: string; local_address: { socket_address: { port_value: number } } }[];
}

interface BalancedListener {
  connection_balance_config?: object;
}

/** An Envoy with two worker threads and one listener per case. */
export class TwoWorkers {
  private readonly ports = new Map<string, number>();

  private constructor(
    readonly envoy: Envoy,
    private readonly backend: ScriptedUpstream,
  ) {}

  static async start(wasm: string, cases: readonly Case[]): Promise<TwoWorkers> {
    const backend = new ScriptedUpstream("backend", () => defaultAnswer());
    const clusters = [{ name: "backend", port: await backend.start() }];
    const envoy = await Envoy.start({
      bootstrap: bootstrap(clusters),
      files: { [LISTENERS]: listenersFile([]) },
      workers: 2,
    });
    const gate = new TwoWorkers(envoy, backend);
    await gate.load(wasm, cases);
    return gate;
  }

  private async load(wasm: string, cases: readonly Case[]): Promise<void> {
    const listeners = cases.map((one, i) => ({
      id: `case-${i}`,
      plugins: [
        {
          name: "probe",
          rootId: "",
          config: configOf(one),
          file: wasm,
          failurePolicy: "FAIL_CLOSED" as const,
          allowOnHeadersStopIteration: true,
        },
      ],
      routes: [],
      attributes: [],
    }));
    const text = listenersFile(listeners).replaceAll("%FOLDER%", this.envoy.folder);
    const file = JSON.parse(text) as { resources: BalancedListener[] };
    // The next connection goes to the worker with the fewest: no worker stays without one.
    for (const one of file.resources) one.connection_balance_config = { exact_balance: {} };
    this.envoy.moveIn(LISTENERS, JSON.stringify(file));
    while (this.ports.size < cases.length) {
      await sleep(50);
      const known = JSON.parse(await this.envoy.get("/listeners?format=json")) as Statuses;
      for (const { name, local_address } of known.listener_statuses ?? [])
        this.ports.set(name, local_address.socket_address.port_value);
    }
  }

  /** Plugin lines of a case with their threads. */
  lines(i: number): { thread: string; text: string }[] {
    const marker = ` case-${i}: `;
    return this.envoy.log.flatMap(({ component, thread, text }) =>
      component === "wasm" && text.startsWith("wasm log ") && text.includes(marker)
        ? [{ thread, text: text.slice(text.indexOf(marker) + marker.length) }]
        : [],
    );
  }

  count(i: number, text: string): number {
    return this.lines(i).filter((line) => line.text === text).length;
  }

  /** Two connections, one on each worker, and the thread of each. */
  async connections(i: number): Promise<[Connection, Connection]> {
    const found = new Map<string, Connection>();
    const extra: Connection[] = [];
    while (found.size < 2) {
      const connection = new Connection(this.ports.get(`case-${i}`)!);
      const from = this.lines(i).length;
      const over = this.count(i, "delete");
      await connection.send("");
      while (this.count(i, "delete") <= over) await sleep(10);
      connection.thread = this.lines(i)[from]!.thread;
      if (found.has(connection.thread)) extra.push(connection);
      else found.set(connection.thread, connection);
    }
    for (const one of extra) one.close();
    return [...found.values()] as [Connection, Connection];
  }

  /** A further connection on the worker of another one. */
  async beside(i: number, other: Connection): Promise<Connection> {
    const both = await this.connections(i);
    const at = both.findIndex(({ thread }) => thread === other.thread);
    both[1 - at]!.close();
    return both[at]!;
  }

  async play({ steps }: Case, i: number): Promise<Heard> {
    const first = await this.connections(i);
    const second = [await this.beside(i, first[0]), await this.beside(i, first[1])] as const;
    const from = this.lines(i).length;
    const answers: Promise<number>[] = [];
    const begun = this.count(i, "request_headers end");
    for (const [n, step] of steps.entries()) {
      // A connection that still waits for its answer is no help to the next request.
      const busy = steps.slice(0, n).some((one) => one.waits && one.worker === step.worker);
      const answer = (busy ? second : first)[step.worker].send(step.does);
      answers.push(answer);
      while (this.count(i, "request_headers end") <= begun + n) await sleep(10);
      if (!step.waits) await answer;
      while (this.count(i, "queue_ready") < (step.ready ?? 0)) await sleep(10);
      while (!this.isQuiet(i, from, n + 1 - waiting(steps, n))) await sleep(10);
    }
    const statuses = await Promise.all(answers);
    while (!this.isQuiet(i, from, steps.length)) await sleep(10);
    const names = new Map(first.map(({ thread }, worker) => [thread, `worker${worker}`]));
    for (const one of [...first, ...second]) one.close();
    const lines: Heard["lines"] = {};
    for (const { thread, text } of this.lines(i).slice(from))
      (lines[names.get(thread) ?? "main"] ??= []).push(text);
    return { lines, statuses };
  }

  /** As many clients at once, each with a header `x-number`. */
  async sendAll(i: number, numbers: readonly number[]): Promise<{ statuses: number[] }> {
    const clients = numbers.map(() => new Connection(this.ports.get(`case-${i}`)!));
    const statuses = await Promise.all(
      clients.map((client, n) => client.send("", { "x-number": String(numbers[n]) })),
    );
    while (this.count(i, "delete") < numbers.length) await sleep(10);
    for (const client of clients) client.close();
    return { statuses };
  }

  /** At least so many requests are over. */
  private isQuiet(i: number, from: number, over: number): boolean {
    const deleted = this.lines(i)
      .slice(from)
      .filter(({ text }) => text === "delete");
    return deleted.length >= over;
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.backend.stop();
  }
}

/** Requests up to the n-th that have no answer then: one is let go by the step after it. */
function waiting(steps: readonly Step[], n: number): number {
  return steps[n]?.waits ? 1 : 0;
}

/** A keep-alive connection of a client. */
export class Connection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  thread = "";

  constructor(private readonly port: number) {}

  /** @returns the status, once the answer is complete */
  send(does: string, more: Record<string, string> = {}): Promise<number> {
    const options = { host: "127.0.0.1", port: this.port, path: "/a", agent: this.agent };
    const headers = { ...more, ...(does !== "" && { [HEADER]: does }) };
    return new Promise((done, fail) => {
      const sent = request({ ...options, headers }, (answer) => {
        answer.resume().on("error", fail);
        answer.on("end", () => done(answer.statusCode ?? 0));
      });
      sent.on("error", fail).end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** The harness with two workers under a case. */
export function harness(wasm: string, one: Case, more: object = {}): Promise<Host> {
  return createHost({
    plugins: [{ name: "probe", wasm, config: configOf(one), allowOnHeadersStopIteration: true }],
    clusters: { backend: upstream().after(1).reply(200, { body: "ok" }) },
    workers: 2,
    strict: "off",
    ...more,
  });
}

export async function playInHarness(wasm: string, one: Case): Promise<Heard> {
  await using host = await harness(wasm, one);
  const from = host.logs.length;
  const streams: StreamHandle[] = [];
  for (const { worker, does } of one.steps) {
    const stream = host.stream("http://a.test/a", { headers: { [HEADER]: does }, worker });
    streams.push(stream);
    await stream.headers({ end: true });
    await host.clock.advance(STEP_MS);
  }
  const lines: Heard["lines"] = {};
  for (const { vm, text } of host.logs.slice(from)) (lines[vm] ??= []).push(text);
  return { lines, statuses: streams.map(({ partial }) => partial.status) };
}
