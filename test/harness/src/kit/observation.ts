import type { ClientResponse, HeaderPair, UpstreamRequest } from "../types.js";
import { utf8 } from "../abi/text.js";
import type { Host } from "./host.js";
import { normalise } from "./trace-formats.js";

/** Headers that tell of the run and not of the plugin. */
const OF_THE_RUN = new Set(["date", "x-request-id", "x-envoy-upstream-service-time"]);

/** What a client, the upstreams and the operator see of one request; chunk borders do not show. */
export interface Observation {
  /** Null: the request was never answered, see `error`. */
  client: object | null;
  error: string | null;
  /** Null: answered by an upstream. */
  local: { status: number; details: string } | null;
  upstream: object[];
  callouts: object[];
  metrics: Record<string, number>;
  logs: string[];
  violations: string[];
  /** What the scenario looked at besides. */
  own: unknown;
}

const plain = (pairs: Iterable<HeaderPair>): HeaderPair[] =>
  [...pairs].filter(([name]) => !OF_THE_RUN.has(name));

function seen(request: UpstreamRequest): object {
  const { cluster, headers, trailers, complete, reset, missing } = request;
  const surplus = utf8(request.surplus);
  return { cluster, headers: plain(headers), body: request.body, surplus, missing, trailers, complete, reset }; // prettier-ignore
}

function received(answer: ClientResponse): object {
  const { status, trailers, reset, missing, details, flags } = answer;
  const surplus = utf8(answer.surplus);
  return { status, headers: plain(answer.headers.pairs), body: answer.text(), surplus, missing, trailers, reset, details, flags }; // prettier-ignore
}

/** Notes what is there already; the result tells what one request added. */
export function watch(
  host: Host,
): (answer: ClientResponse | null, error: string | null, own: unknown) => Observation {
  const logs = host.logs.length;
  const callouts = host.callouts.length;
  const violations = host.failingViolations().length;
  const before = host.metrics.all;
  const requests = Object.values(host.clusters).map((cluster) => cluster.requests.length);
  return (answer, error, own) => {
    const after = Object.entries(host.metrics.all);
    return {
      client: answer && received(answer),
      error,
      local: answer?.local ? { status: answer.status, details: answer.details } : null,
      upstream: Object.values(host.clusters).flatMap((cluster, i) =>
        cluster.requests.slice(requests[i]).map(seen),
      ),
      callouts: host.callouts.slice(callouts).map((call) => ({
        function: call.function,
        cluster: call.cluster,
        headers: plain(call.headers),
        body: utf8(call.body),
        trailers: call.trailers,
        command: call.command,
        outcome: call.outcome,
      })),
      metrics: Object.fromEntries(
        after.map(([name, value]) => [name, value - (before[name] ?? 0)]),
      ),
      logs: host.logs.slice(logs).map(({ level, text }) => `${level} ${normalise(text)}`),
      violations: host.failingViolations().slice(violations).map(({ rule, message }) => `${rule} ${message}`), // prettier-ignore
      own,
    };
  };
}

/** Names of the fields that differ. */
export function differing(a: Observation, b: Observation): (keyof Observation)[] {
  const fields = Object.keys(a) as (keyof Observation)[];
  return fields.filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]));
}
