import type { CalloutSeen, ClientSeen, Outcome, RequestOutcome, UpstreamSeen } from "./outcome.js";
import type { HeaderPair, RequestStep, Scenario } from "./scenario.js";

/**
 * Headers left out of every transcript: framing (the same message has other framing under h1, h2
 * and after cuts), the proxy's own additions, and what changes from run to run.
 */
const NOISE = new Set(
  "host content-length transfer-encoding connection te date server via x-request-id".split(" "),
);
const NOISE_PREFIX = /^(:|x-envoy-|x-forwarded-(proto|for)$)/;

/** Sent by the trailer variant of a scenario; not part of what the scenario is about. */
export const VARIANT_TRAILER = "x-golden-trailer";

const COLUMN = 10;

/** Renders what a scenario did, one fact per line. Equal texts mean equal outcomes. */
export function renderTranscript(scenario: Scenario, outcome: Outcome): string {
  if (!outcome.accepted) {
    return ["config    refused", ...outcome.refusal.map(renderLog)].join("\n");
  }
  if (!outcome.requests.length) return "config    accepted";
  const many = outcome.requests.length > 1;
  return outcome.requests
    .flatMap((request, i) => {
      const step = scenario.steps[i];
      if (!step) throw new Error(`${scenario.title}: more outcomes than requests`);
      const head = many ? [row("request", `${step.method} ${step.path}`)] : [];
      const steady = steadied(request, scenario.env.vary);
      return [...(i > 0 ? [""] : []), ...head, ...renderRequest(step, steady)];
    })
    .join("\n");
}

/** The outcome with what depends on the time of its answer taken out. */
function steadied(outcome: RequestOutcome, vary: Record<string, string>): RequestOutcome {
  const headers = outcome.client.headers.map(([name, value]): HeaderPair => {
    const part = vary[name.toLowerCase()];
    return [name, part === undefined ? value : value.replace(new RegExp(part, "g"), "…")];
  });
  const { ":body": inBody, ":attribute": inAttribute } = vary;
  const body = Buffer.from(
    without(inBody, Buffer.from(outcome.client.body).toString("latin1")),
    "latin1",
  );
  const attributes = outcome.attributes.map(([key, value]): [string, string] => [
    key,
    without(inAttribute, value),
  ]);
  const callouts = outcome.callouts.map(({ seen, answer }) => ({
    seen: withoutInMessage(vary[":callout"], seen),
    answer,
  }));
  const metrics = outcome.metrics.filter(([name]) => !isLeftOut(vary[":metric"], name));
  const client = { ...outcome.client, headers, body };
  return { ...outcome, attributes, callouts, metrics, client };
}

/** Whether a metric counts time, and is not there at all when that was too short. */
function isLeftOut(expression: string | undefined, name: string): boolean {
  return expression !== undefined && new RegExp(expression).test(name);
}

/** `without` for the values of all headers and the body. */
function withoutInMessage(expression: string | undefined, seen: UpstreamSeen): UpstreamSeen {
  const headers = seen.headers.map(([name, value]): HeaderPair => [
    name,
    without(expression, value),
  ]);
  const body = without(expression, Buffer.from(seen.body).toString("latin1"));
  return { ...seen, headers, body: Buffer.from(body, "latin1") };
}

/** The text with each match of an expression as `…`; all of it without an expression. */
function without(expression: string | undefined, text: string): string {
  return expression === undefined ? text : text.replace(new RegExp(expression, "g"), "...");
}

function renderRequest(step: RequestStep, outcome: RequestOutcome): string[] {
  // A proxy that answers by itself gives the upstream request up. Whether its head was sent by
  // then depends on how fast the connection came up: a race, so it is not shown.
  const gaveUp = outcome.client.status > 0 && outcome.client.details !== "via_upstream";
  const upstream = outcome.upstream.filter((seen) => seen.complete || !gaveUp);
  return [
    ...outcome.callouts.flatMap(renderCallout),
    ...(upstream.length
      ? upstream.flatMap((seen) => renderUpstream(seen, step))
      : [row("upstream", "–")]),
    ...renderClient(outcome.client),
    ...outcome.attributes.map(([key, value]) => row("attribute", `${key} ${escapeText(value)}`)),
    ...outcome.metrics.map(([name, by]) => row("metric", `${name} ${by < 0 ? by : `+${by}`}`)),
    ...outcome.log.map(renderLog),
  ];
}

function renderCallout({ seen, answer }: CalloutSeen): string[] {
  const head = `${seen.cluster} ${seen.method} ${escapeText(seen.path)} → ${answer}`;
  return [row("callout", head), row("", `host: ${seen.authority}`), ...renderMessage(seen)];
}

function renderUpstream(seen: UpstreamSeen, step: RequestStep): string[] {
  // The cluster matters only where routes choose between several.
  const via = seen.cluster === "backend" ? "" : ` (${seen.cluster})`;
  const sent = step.headers.find(([name]) => /^(host|:authority)$/i.test(name))?.[1];
  const host =
    seen.authority === (sent ?? DEFAULT_HOST) ? [] : [row("", `host: ${seen.authority}`)];
  const unfinished = seen.complete ? [] : [row("", "(never finished)")];
  const head = row("upstream", `${seen.method} ${escapeText(seen.path)}${via}`);
  return [head, ...host, ...renderMessage(seen), ...unfinished, ...renderSurplus(seen.surplus)];
}

/** Host header of a request block that has none. */
export const DEFAULT_HOST = "gateway.test";

function renderSurplus(surplus: Uint8Array): string[] {
  if (!surplus.length) return [];
  return [row("", `(${surplus.length} bytes more than content-length says)`)];
}

function renderClient(seen: ClientSeen): string[] {
  if (!seen.status) return [row("client", "nothing")];
  // Higress builds put who answered before the plugin's own details (host.md 7.1).
  const own = seen.details.replace(/^via_wasm::[^:]*::/, "");
  const details = own === "via_upstream" || !own ? "" : ` ${own}`;
  const cutOff = seen.complete ? [] : [row("", "(cut off)")];
  return [row("client", `${seen.status}${details}`), ...renderMessage(seen), ...cutOff];
}

interface Message {
  headers: HeaderPair[];
  body: Uint8Array;
  trailers: HeaderPair[];
}

function renderMessage(message: Message): string[] {
  const headers = message.headers.filter(([name]) => !isNoise(name));
  const trailers = message.trailers.filter(([name]) => name.toLowerCase() !== VARIANT_TRAILER);
  const body = message.body.length ? escapeBytes(message.body).split("\n") : [];
  return [
    ...headers.map(([name, value]) => row("", `${name.toLowerCase()}: ${escapeText(value)}`)),
    ...body.map((line) => row("", `| ${line}`)),
    ...trailers.map(([name, value]) => row("", `trailer ${name}: ${escapeText(value)}`)),
  ];
}

/** True for a header no transcript shows. */
export function isNoise(name: string): boolean {
  const lower = name.toLowerCase();
  return NOISE.has(lower) || NOISE_PREFIX.test(lower);
}

function renderLog(line: { level: string; text: string }): string {
  return row("log", `${line.level} ${escapeText(line.text.replace(UUID, "<request id>"))}`);
}

/** Request ids are the proxy's choice; plugins write them into their log lines. */
const UUID = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

function row(kind: string, text: string): string {
  return (kind.padEnd(COLUMN) + text).trimEnd();
}

/** Text on one line: control characters as `\n`, `\xNN`. */
function escapeText(text: string): string {
  return escapeControls(text).replaceAll("\n", "\\n");
}

/** Bytes as text; what is not valid UTF-8 becomes `\xNN`. Line feeds stay. */
function escapeBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8");
  if (!text.includes("\ufffd")) return escapeControls(text);
  return Array.from(bytes, (byte) =>
    byte === 10 || (byte >= 32 && byte < 127) ? String.fromCharCode(byte) : hex(byte),
  ).join("");
}

function escapeControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, (char) =>
    char === "\r" ? "\\r" : char === "\t" ? "\\t" : hex(char.charCodeAt(0)),
  );
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
