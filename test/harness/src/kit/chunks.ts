import { asBytes } from "../abi/text.js";
import type { BytesInput, ClientResponse, Direction, FetchInit, HostOptions } from "../types.js";
import { cutAt, cuts, type Cut, type CutOptions } from "./cuts.js";
import { createHost, type Host } from "./host.js";
import { differing, watch, type Observation } from "./observation.js";
import { recentHosts } from "./open-hosts.js";
import { shrink } from "./shrink.js";
import { upstream, type ReplyInit } from "./upstream.js";

/** One request and its answer; the fuzzer cuts their bodies. */
export interface ChunkScenario {
  /** Called for every host, because clusters remember. The cluster `backend` is the fuzzer's. */
  host: () => HostOptions;
  /** Runs on every new host before the request. */
  prepare?: (host: Host) => unknown;
  target: string;
  request?: Omit<FetchInit, "body" | "chunks" | "framing"> & { body?: BytesInput };
  /** Default 200 without a body. */
  response?: { status?: number } & Pick<ReplyInit, "headers" | "trailers"> & { body?: BytesInput };
  /** Something to compare besides the standard observation. */
  observe?: (host: Host, answer: ClientResponse | null) => unknown;
}

/** How the last chunk of a body looks: alone (h1), with its data (h2), or trailers after it (h1). */
export type ChunkShape = "h1" | "h2" | "trailers";

/** One run to repeat, as a `CutDifference` names it. */
export interface ChunkRun {
  direction: Direction;
  shape: ChunkShape;
  cut: Cut;
}

export interface ChunkOptions extends CutOptions {
  /** Most runs over all variants; cuts of one border are thinned evenly. Default 2000. */
  runs?: number;
  /** Milliseconds of real time after which no further cut is tried; default none. */
  budgetMs?: number;
  /** False: one host per variant instead of one per cut, for plugins without memory. Default true. */
  fresh?: boolean;
  shapes?: readonly ChunkShape[];
  /** Only this run, and the uncut one it is compared with. */
  replay?: ChunkRun;
}

export interface ChunkReport {
  runs: number;
  /** False when the time was up before all cuts were tried. */
  complete: boolean;
}

/** The smallest cut that changes what can be seen, with both observations and traces. */
export class CutDifference extends Error {
  constructor(
    readonly run: ChunkRun,
    readonly seed: number,
    readonly expected: Observation,
    readonly actual: Observation,
    readonly traces: { whole: string; cut: string },
    pieces: readonly string[],
  ) {
    const fields = differing(expected, actual);
    const show = (from: Observation) =>
      fields.map((field) => `    ${field}: ${JSON.stringify(from[field])}`).join("\n");
    super(
      `the ${run.direction} body (${run.shape}) is not the same when cut at ${run.cut.join(", ")}: ${fields.join(", ")}\n` +
        `  pieces: ${pieces.map((piece) => JSON.stringify(piece)).join(" | ")}\n` +
        `  replay: ${JSON.stringify({ seed, replay: run })}\n` +
        `  whole:\n${show(expected)}\n  cut:\n${show(actual)}\n` +
        `  trace, whole:\n${traces.whole}\n  trace, cut:\n${traces.cut}`,
    );
    this.name = "CutDifference";
  }
}

const DIRECTIONS: readonly Direction[] = ["request", "response"];
const SHAPES: readonly ChunkShape[] = ["h1", "h2", "trailers"];
const TRAILERS = { "x-trailer": "1" };

interface Variant {
  direction: Direction;
  shape: ChunkShape;
  body: Uint8Array;
}

/**
 * Runs a scenario with one body cut in every way and compares what can be seen with the uncut run
 * (harness.md §8.5).
 *
 * @throws CutDifference for the smallest cut found; Error when the uncut run breaks a rule
 */
export async function fuzzChunks(
  scenario: ChunkScenario,
  options: ChunkOptions = {},
): Promise<ChunkReport> {
  return new ChunkFuzz(scenario, options).run();
}

class ChunkFuzz {
  private runs = 0;
  private host: Host | null = null;
  private readonly seed: number;

  constructor(
    private scenario: ChunkScenario,
    private options: ChunkOptions,
  ) {
    this.seed = options.seed ?? 1;
  }

  private variants(): Variant[] {
    const { scenario, options } = this;
    const bodies = { request: scenario.request?.body, response: scenario.response?.body };
    const { replay, shapes = SHAPES } = options;
    const variants = DIRECTIONS.flatMap((direction) => {
      const body = asBytes(bodies[direction] ?? "");
      return body.length > 0 ? shapes.map((shape) => ({ direction, shape, body })) : [];
    });
    if (variants.length === 0) throw new TypeError("neither request nor response has a body");
    if (!replay) return variants;
    return variants.filter((v) => v.direction === replay.direction && v.shape === replay.shape);
  }

  async run(): Promise<ChunkReport> {
    const variants = this.variants();
    const { runs = 2000, budgetMs = Infinity, random = 8, replay } = this.options;
    const each = Math.max(1, Math.floor(runs / variants.length) - random - 3);
    const borders = Math.min(this.options.borders ?? Infinity, each);
    const end = performance.now() + budgetMs;
    try {
      for (const variant of variants) {
        const list = replay ? [[], replay.cut] : cuts(variant.body, { ...this.options, borders });
        if (!(await this.tryAll(variant, list, end))) return { runs: this.runs, complete: false };
        await this.drop();
      }
    } finally {
      await this.drop();
    }
    return { runs: this.runs, complete: true };
  }

  private async tryAll(variant: Variant, list: Iterable<Cut>, end: number): Promise<boolean> {
    let whole: Observation | null = null;
    for (const cut of list) {
      if (performance.now() > end) return false;
      const { seen } = await this.observe(variant, cut);
      if (whole === null) {
        if (seen.violations.length > 0)
          throw new Error(`rules broken without any cut: ${seen.violations.join("; ")}`);
        whole = seen;
      } else if (differing(whole, seen).length > 0) await this.report(variant, cut, whole);
    }
    return true;
  }

  private async report(variant: Variant, found: Cut, whole: Observation): Promise<never> {
    const differs = async (cut: Cut) =>
      differing(whole, (await this.observe(variant, cut)).seen).length > 0;
    const cut = await shrink(found, differs, { least: 1 });
    const expected = await this.observe(variant, [], true);
    const actual = await this.observe(variant, cut, true);
    const { direction, shape, body } = variant;
    const pieces = cutAt(body, cut).map((piece) => new TextDecoder().decode(piece));
    const traces = { whole: expected.trace, cut: actual.trace };
    throw new CutDifference({ direction, shape, cut }, this.seed, expected.seen, actual.seen, traces, pieces); // prettier-ignore
  }

  private async open(variant: Variant, trace: boolean): Promise<Host> {
    if (this.host && !trace && this.options.fresh === false) return this.host;
    await this.drop();
    const protocol = variant.shape === "h2" ? "h2" : "h1";
    const options = this.scenario.host();
    this.host = await createHost({
      seed: this.seed,
      lifecycle: "single",
      downstream: protocol,
      upstreamProtocol: protocol,
      trace,
      ...options,
      clusters: { ...options.clusters, backend: this.backend(variant) },
    });
    await this.scenario.prepare?.(this.host);
    this.host.trace?.clear();
    return this.host;
  }

  /** Chunks of the answer under the cut of the run. */
  private answer: Uint8Array[] = [];

  private backend({ direction, shape }: Variant) {
    const { status = 200, body, ...init } = this.scenario.response ?? {};
    const trailers = init.trailers ?? TRAILERS;
    const ends = direction === "response" && shape === "trailers" ? { trailers } : {};
    return upstream().handle(() => {
      const chunks = body === undefined ? {} : { chunks: this.answer };
      return { status, ...init, ...chunks, ...ends };
    });
  }

  private async drop(): Promise<void> {
    const { host } = this;
    this.host = null;
    await host?.close();
    // Its violations are part of the observation; thousands of hosts must not wait for the check.
    if (host) recentHosts.delete(host);
  }

  /** One run: the body of the variant is cut, the other one whole. */
  private async observe(
    variant: Variant,
    cut: Cut,
    trace = false,
  ): Promise<{ seen: Observation; trace: string }> {
    const { scenario } = this;
    const { direction, shape } = variant;
    const chunks = (body: BytesInput | undefined, mine: boolean) =>
      body === undefined ? undefined : cutAt(asBytes(body), mine ? cut : []);
    this.answer = chunks(scenario.response?.body, direction === "response") ?? [];
    const host = await this.open(variant, trace);
    this.runs++;
    const observed = watch(host);
    const { body, ...init } = scenario.request ?? {};
    const sent = chunks(body, direction === "request");
    const ends = direction === "request" && shape === "trailers" ? { trailers: TRAILERS } : {};
    let answer: ClientResponse | null = null;
    let error: string | null = null;
    try {
      const fetch = { ...init, ...(sent && { chunks: sent }), ...ends };
      answer = await host.fetch(scenario.target, fetch).settle();
    } catch (problem) {
      error = (problem as Error).message;
    }
    const own = await scenario.observe?.(host, answer);
    return { seen: observed(answer, error, own), trace: host.trace?.toSnapshot() ?? "" };
  }
}
