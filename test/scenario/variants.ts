import {
  BACKEND,
  defaultAnswer,
  targetsOf,
  type Answer,
  type Pieces,
  type RequestStep,
  type Scenario,
} from "./scenario.js";
import { VARIANT_TRAILER } from "./transcript.js";

/** The same scenario in another shape on the wire; its outcome must not change. */
export interface Variant {
  name: string;
  /** True when it uses HTTP/2. */
  h2: boolean;
  scenario: Scenario;
}

/** A body up to this long is cut in two at every byte. */
const EVERY_CUT = 160;
/** Longer ones at this many evenly spread places; every byte alone is another shape. */
const SPREAD_CUTS = 48;

type Recut = (bytes: Uint8Array) => Uint8Array[];

/** Shapes that do not depend on the length of a body: whole, byte by byte, trailers, HTTP/2. */
export function shapesOf(scenario: Scenario): Variant[] {
  if (!scenario.steps.length) return [];
  const { skip } = scenario.env;
  const shapes: Variant[] = [];
  for (const h2 of skip["h2"] ? [false] : [false, true]) {
    const add = (name: string, change: Change) => {
      const changed = reshape(scenario, { ...change, h2 });
      shapes.push({ name: h2 ? `${name} over HTTP/2` : name, h2, scenario: changed });
    };
    if (h2) add("whole", {});
    if (!h2 && !skip["chunked"]) add("chunked", { chunked: true });
    if (!skip["cuts"]) add("every byte alone", { recut: eachByte, chunked: true });
    if (skip["trailers"]) continue;
    add("with trailers", { trailers: true });
    if (!skip["cuts"]) add("every byte alone and trailers", { recut: eachByte, trailers: true });
  }
  return shapes;
}

/** The scenario with every body cut in two, once per border, over HTTP/1.1. */
export function cutsOf(scenario: Scenario): Variant[] {
  if (scenario.env.skip["cuts"]) return [];
  const longest = Math.max(0, ...allBodies(scenario).map((body) => lengthOf(body) - 1));
  const stride = longest <= EVERY_CUT ? 1 : Math.ceil(longest / SPREAD_CUTS);
  const variants: Variant[] = [];
  for (let at = 1; at <= longest; at += stride) {
    const recut: Recut = (bytes) => [bytes.subarray(0, at), bytes.subarray(at)];
    variants.push({ name: `cut at ${at}`, h2: false, scenario: reshape(scenario, { recut }) });
  }
  return variants;
}

interface Change {
  recut?: Recut;
  chunked?: boolean;
  trailers?: boolean;
  h2?: boolean;
}

function reshape(scenario: Scenario, change: Change): Scenario {
  return {
    ...scenario,
    steps: scenario.steps.map((step) => reshapeStep(step, change)),
    answers: withDefault(scenario.answers).map((answer) =>
      isProxied(scenario, answer) ? reshapeAnswer(answer, change) : answer,
    ),
  };
}

function reshapeStep(step: RequestStep, change: Change): RequestStep {
  const result: RequestStep = { ...step, body: recutBody(step.body, change.recut) };
  if (change.h2) result.protocol = "h2";
  if (step.body === null) return result;
  if (change.chunked) result.chunked = true;
  if (change.trailers) {
    result.chunked = true;
    result.trailers = [...step.trailers, [VARIANT_TRAILER, "1"]];
  }
  return result;
}

/** Answers to call-outs stay as they are: hosts hand them over whole. */
function isProxied({ env }: Scenario, { cluster }: Answer): boolean {
  const targets = Object.values(env.clusters).flatMap(targetsOf);
  return [BACKEND, ...targets].includes(cluster || BACKEND);
}

function reshapeAnswer(answer: Answer, change: Change): Answer {
  if (answer.kind !== "answer") return answer;
  const result: Answer = { ...answer, body: recutBody(answer.body, change.recut) };
  if (!lengthOf(answer.body)) return result;
  if (change.chunked) result.chunked = true;
  if (change.trailers) {
    result.chunked = true;
    result.trailers = [...answer.trailers, [VARIANT_TRAILER, "1"]];
  }
  return result;
}

/** The silent 200 of an unscripted upstream, spelled out so that it can be reshaped too. */
function withDefault(answers: readonly Answer[]): Answer[] {
  const scripted = answers.some((answer) => (answer.cluster || BACKEND) === BACKEND);
  return scripted ? [...answers] : [...answers, defaultAnswer()];
}

function recutBody(body: Pieces, recut: Recut | undefined): Pieces {
  if (body === null || !recut) return body;
  return recut(Buffer.concat(body)).filter((piece) => piece.length);
}

function eachByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
}

function lengthOf(body: Pieces): number {
  return (body ?? []).reduce((sum, piece) => sum + piece.length, 0);
}

function allBodies(scenario: Scenario): Pieces[] {
  return [
    ...scenario.steps.map((step) => step.body),
    ...scenario.answers.filter((answer) => isProxied(scenario, answer)).map(({ body }) => body),
  ];
}
