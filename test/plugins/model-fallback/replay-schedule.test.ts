import {
  upstream,
  type ClientResponse,
  type Host,
  type HostOptions,
  type Upstream,
} from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { describe, expect } from "vitest";

// `replay` in any order of events: pieces of failed answers, answers to calls, clients that leave,
// time. Every request gets one whole answer of one target.

const CHAT = "http://a.test/v1/chat/completions";
const JSON_TYPE = { "content-type": "application/json" };
const SSE_TYPE = { "content-type": "text/event-stream" };
const REQUESTS = Array.from({ length: 4 }, () => ({
  target: `POST ${CHAT}`,
  headers: JSON_TYPE,
  chunks: ['{"model":', '"m","messages":[]}'],
}));
const GOOD = '{"choices":[{"message":{"content":"hi"}}]}';
const FAILED = '{"error":{"message":"All model targets failed';

const FAULTS: [string, () => Upstream][] = [
  ["busy", () => upstream().reply(503, { chunks: ["bu", "sy"] })],
  ["empty", () => upstream().reply(500)],
  [
    "bad start",
    () =>
      upstream().reply(200, {
        headers: SSE_TYPE,
        chunks: [": a\n\n", 'data: {"error":{}}\n\n', "more"],
      }),
  ],
  ["trailers", () => upstream().reply(503, { chunks: ["b"], trailers: { a: "b" } })],
];

const good = () =>
  upstream().reply(200, { headers: JSON_TYPE, chunks: [GOOD.slice(0, 9), GOOD.slice(9)] });

function options(
  build: string,
  profile: HostOptions["profile"],
  clusters: Record<string, Upstream>,
): HostOptions {
  const targets = Object.keys(clusters).map((cluster) => ({ name: cluster, cluster }));
  const config = {
    strategy: "replay",
    targets,
    timeouts: { unary: 2000 },
    breaker: { failures: 3, openSeconds: 1 },
  };
  return {
    profile,
    plugins: [
      { wasm: `build/${build}/model-fallback.wasm`, config, allowOnHeadersStopIteration: true },
    ],
    clusters,
  };
}

function check(_host: Host, answers: readonly (ClientResponse | null)[], last: string): void {
  for (const answer of answers) {
    if (answer === null) continue;
    expect([answer.missing, answer.surplus.length]).toEqual([0, 0]);
    expect(answer.text().slice(0, last.length)).toBe(last);
  }
}

describe.each([
  ["envoy", "envoy-1.40"],
  ["higress", "higress-2.2"],
] as const)("%s", (build, profile) => {
  for (const [name, fault] of FAULTS) {
    test.schedule(
      `${name}: the second target answers, whole`,
      {
        host: () => options(build, profile, { backend: fault(), spare: good() }),
        requests: REQUESTS,
        check: (host, answers) => check(host, answers, GOOD.slice(0, 5)),
      },
      { runs: 60 },
    );
    test.schedule(
      `${name}, twice: an error, whole`,
      {
        host: () => options(build, profile, { backend: fault(), spare: fault() }),
        requests: REQUESTS,
        check: (host, answers) => check(host, answers, FAILED),
      },
      { runs: 60 },
    );
  }

  test.schedule(
    "an answer to a call that breaks off: the next target answers, whole",
    {
      host: () => {
        const cut = upstream().reply(200, { headers: JSON_TYPE, chunks: [GOOD], cutAfter: 0 });
        return options(build, profile, { backend: upstream().reply(503), cut, spare: good() });
      },
      requests: REQUESTS,
      check: (host, answers) => check(host, answers, GOOD.slice(0, 5)),
    },
    { runs: 60 },
  );
});
