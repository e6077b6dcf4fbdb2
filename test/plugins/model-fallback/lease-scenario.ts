import type { Json } from "proxy-wasm-test";

// Keys that are lent to requests (key-auth.md 3.6), and a target that is left alone for as long as it
// asks: one story for the test host and for a real Envoy, in `native` and in `replay`. What becomes of
// each request stands in the filter state, and on Higress in `ai_log`.

export const FORMS = ["native", "replay"] as const;
export type Form = (typeof FORMS)[number];
export const BUILDS = ["envoy", "higress"] as const;
export type Build = (typeof BUILDS)[number];

export const CLUSTER_HEADER = "x-llm-cluster";
// Times are in beats, of a second or more where the machine is slow.
/** Between the end of the shared key and its successor. */
const GAP = 2;
/** Before the turn, as soon as the gateway is ready. */
const EARLY = -60;

/** The cluster of `native` with both targets, and the one without the first. */
export const CLUSTERS: Record<string, string[]> = { "llm-chain": ["a", "b"], "from-b": ["b"] };

/**
 * The plugin's configuration without `role`.
 *
 * @param turn in unix seconds: when the shared key expires
 * @param beat in seconds
 */
export function configuration(form: Form, turn: number, beat = 1): Record<string, Json> {
  const key = (name: string, more: Record<string, Json> = {}): Json => ({ value: name, ...more });
  const a = [
    key("a-alice", { consumers: ["alice"] }),
    key("a-old", { expires_at: turn }),
    key("a-new", { not_before: turn + GAP * beat }),
  ];
  const b = [key("b-bob", { consumers: ["bob"] }), key("b-all")];
  return {
    strategy: form,
    targets: [
      { name: "a", cluster: "a", model: "model-a", auth: { providerKeys: a } },
      { name: "b", cluster: "b", model: "model-b", auth: { providerKeys: b } },
    ],
    chains: [
      { name: "r1", targets: ["a", "b"], cluster: "llm-chain", breakerClusters: ["", "from-b"] },
    ],
    clusterHeader: CLUSTER_HEADER,
    errors: { onStatus: ["401", "429", "5xx"] },
    breaker: { failures: 100, openSeconds: 60, closeAfter: 1 },
  };
}

/** What the first target makes of requests; the second always answers well. */
export type Mood = "well" | "revoked" | "limited" | "asks for a beat";

/** The first target's status, and its headers. */
export function answerOf(mood: Mood, beat = 1): [status: number, headers: Record<string, string>] {
  if (mood === "asks for a beat") return [429, { "retry-after": String(beat) }];
  return [{ well: 200, revoked: 401, limited: 429 }[mood], {}];
}

/** One request, and what everybody outside sees of it. */
export interface Step {
  what: string;
  /** Earliest moment, in beats after the turn, or after the step before when it says so. */
  at: number;
  /** When it must be over. */
  before?: number;
  afterLast?: boolean;
  consumer: string;
  mood: Mood;
  /** Who was sent which key. */
  sent: string[];
  /** Of the trace in the filter state, and on Higress of `ai_log`. */
  trace: string[];
  /** `x-fallback-reason`; null: the first target served. */
  reason: string | null;
}

export const STEPS: Step[] = [
  {
    what: "a consumer's own key comes first",
    at: EARLY,
    before: 0,
    consumer: "alice",
    mood: "well",
    sent: ["a a-alice"],
    trace: ["a:ok"],
    reason: null,
  },
  {
    what: "who has none shares one",
    at: EARLY,
    before: 0,
    consumer: "carol",
    mood: "well",
    sent: ["a a-old"],
    trace: ["a:ok"],
    reason: null,
  },
  {
    what: "a key that is refused: the next target, with a key of its own",
    at: EARLY,
    before: 0,
    consumer: "alice",
    mood: "revoked",
    sent: ["a a-alice", "b b-all"],
    trace: ["a:status_401", "b:ok"],
    reason: "status_401",
  },
  {
    what: "a key that is limited: the same",
    at: EARLY,
    before: 0,
    consumer: "bob",
    mood: "limited",
    sent: ["a a-old", "b b-bob"],
    trace: ["a:status_429", "b:ok"],
    reason: "status_429",
  },
  {
    what: "an own key outlives the shared one",
    at: 0,
    before: GAP,
    consumer: "alice",
    mood: "well",
    sent: ["a a-alice"],
    trace: ["a:ok"],
    reason: null,
  },
  {
    what: "the shared one is expired and the next not valid yet: the target is left out",
    at: 0,
    before: GAP,
    consumer: "carol",
    mood: "well",
    sent: ["b b-all"],
    trace: ["b:ok"],
    reason: "not_eligible",
  },
  {
    what: "with the next key it is back",
    at: GAP,
    consumer: "carol",
    mood: "well",
    sent: ["a a-new"],
    trace: ["a:ok"],
    reason: null,
  },
  {
    what: "a limited target says how long",
    at: GAP,
    consumer: "carol",
    mood: "asks for a beat",
    sent: ["a a-new", "b b-all"],
    trace: ["a:status_429", "b:ok"],
    reason: "status_429",
  },
  {
    what: "so long it is left alone, whoever asks",
    at: 0,
    before: 1,
    afterLast: true,
    consumer: "alice",
    mood: "well",
    sent: ["b b-all"],
    trace: ["b:ok"],
    reason: "breaker_open",
  },
  {
    what: "then it is back",
    at: 1.1,
    afterLast: true,
    consumer: "alice",
    mood: "well",
    sent: ["a a-alice"],
    trace: ["a:ok"],
    reason: null,
  },
];

/** What became of one request. */
export interface Outcome {
  status: number;
  /** Headers of the answer. */
  header(name: string): string | null;
  /** `<target> <key>` in the order of attempts. */
  sent: string[];
  /** Filter state by its name. */
  state(name: string): string | null;
}

/** A gateway that plays the story. */
export interface Stage {
  /** Waits until so many beats after the turn. */
  until(beats: number): Promise<void>;
  /** Beats since the turn, below 0 before it. */
  now(): number;
  ask(consumer: string, mood: Mood): Promise<Outcome>;
}

/** A step was over too late: the beats are too short for this machine. */
export class Late extends Error {}

/** Plays every step, in order. @throws Late */
export async function play(stage: Stage): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let last = 0;
  for (const { what, at, before, afterLast, consumer, mood } of STEPS) {
    const from = afterLast ? last : 0;
    await stage.until(from + at);
    last = stage.now();
    outcomes.push(await stage.ask(consumer, mood));
    if (before !== undefined && stage.now() >= from + before) throw new Late(what);
  }
  return outcomes;
}

/** One outcome in the words of a step. */
export function tell(outcome: Outcome, build: Build): object {
  const { status, sent } = outcome;
  const steps = (entries: { t: string; r: string }[]) => entries.map(({ t, r }) => `${t}:${r}`);
  const log = outcome.state("ai_log");
  // As access logs print it: the inside of a JSON string.
  const read = (text: string) => JSON.parse(JSON.parse(`"${text}"`) as string) as { fallback: [] };
  return {
    status,
    sent,
    target: outcome.header("x-llm-target"),
    model: outcome.header("x-llm-model"),
    attempts: outcome.header("x-fallback-attempts"),
    from: outcome.header("x-fallback-from"),
    reason: outcome.header("x-fallback-reason"),
    trace: steps(JSON.parse(outcome.state("model_fallback_trace") ?? "[]") as []),
    served: outcome.state("model_fallback_served"),
    primary: outcome.state("model_fallback_from"),
    log: build === "higress" ? steps(read(log ?? "{}").fallback) : log,
  };
}

/** What `tell` must say of a step. */
export function expected(step: Step, build: Build): object {
  const target = step.trace.at(-1)!.split(":")[0]!;
  const from = target === "a" ? null : "a";
  return {
    status: 200,
    sent: step.sent,
    target,
    model: `model-${target}`,
    attempts: String(step.trace.length),
    from,
    reason: step.reason,
    trace: step.trace,
    served: target,
    primary: from,
    log: build === "higress" ? step.trace : null,
  };
}
