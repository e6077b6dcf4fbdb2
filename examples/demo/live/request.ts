import { attributesOf, type AuditLine } from "../audit-log.js";
import { endingPlugin, verdictOf, type Step } from "./verdicts.js";

/** Of a path, a model, a name. */
const MOST_CHARS = 200;

/** One request that is over, as the page shows it. */
export interface RequestView {
  id: string;
  time: string;
  method: string;
  path: string;
  consumer: string | null;
  /** What was asked for, and what answered; null: nobody knows. */
  requestedModel: string | null;
  model: string | null;
  /** 0: the client left before there was an answer. */
  status: number;
  /** Milliseconds. */
  duration: number | null;
  /** Milliseconds to the first bytes of a stream; null: no stream, or none came. */
  firstToken: number | null;
  tokens: { input: number; output: number } | null;
  /** The plugin that answered or refused; null: the model, or nobody. */
  answeredBy: string | null;
  isRefused: boolean;
  /** Microseconds that all plugins together took for the answer's first bytes. */
  answerUs: number | null;
  /** One for each plugin, in the order of the chain. */
  steps: Step[];
}

/** What a line of the access log says of a request. */
export function describeRequest(line: AuditLine, plugins: readonly string[]): RequestView {
  const log = attributesOf(line);
  const end = plugins.indexOf(endingPlugin(line.details) ?? "");
  const steps = plugins.map((plugin, place) => {
    const isReached = isStamped(line.reached[place]) && (end < 0 || place <= end);
    const isPassed = isStamped(line.reached[place + 1]) && place !== end;
    const us = isPassed ? microseconds(line.reached[place], line.reached[place + 1]) : null;
    const step = verdictOf({ plugin, us, isReached, isPassed, line, log });
    return { ...step, note: short(step.note) };
  });
  const input = numberOf(log["input_token"]);
  const output = numberOf(log["output_token"]);
  return {
    id: short(line.id ?? line.time),
    time: line.time,
    method: short(line.method ?? "?"),
    path: short(line.path ?? "?"),
    // Whom key-auth refused, it found nobody to be: the header is what the client claimed.
    consumer: plugins[end] === "key-auth" ? null : textOf(line.consumer),
    requestedModel: textOf(log["request_model"]),
    model: textOf(log["model"]),
    status: line.status,
    duration: line.duration,
    firstToken: numberOf(log["llm_first_token_duration"]),
    tokens: input === null || output === null ? null : { input, output },
    answeredBy: plugins[end] ?? null,
    isRefused: steps.some(({ state }) => state === "refused"),
    answerUs: line.answerUs,
    steps,
  };
}

function isStamped(stamp: string | null | undefined): boolean {
  return stamp !== null && stamp !== undefined;
}

/** Null when the request did not come to both places. */
function microseconds(from?: string | null, to?: string | null): number | null {
  return from && to ? Number(to) - Number(from) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? short(value) : null;
}

/** Clients write at length, and a page that is told more than it reads is closed. */
function short(text: string): string {
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
