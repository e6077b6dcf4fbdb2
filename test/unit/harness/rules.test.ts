/* eslint-disable max-lines -- one table: a row or more for each rule */
import { describe, expect, test } from "vitest";
import { checkLeaks, RULES, upstream, type Host } from "../../harness/src";
import { probeHost, type ProbeOptions, type Script } from "./probe";

interface Case {
  rule: string;
  what: string;
  raises: Script;
  near: Script;
  /** Of both runs; `nearOptions` are on top of them. */
  options?: ProbeOptions;
  nearOptions?: ProbeOptions;
  /** Default: one POST with a body of five bytes, then 20 ms. */
  drive?: (host: Host) => Promise<unknown>;
}

const WAIT = "call auth / 0; ret 4";
const PSEUDO = ":method=POST,:path=/,:authority=a.test,x-forwarded-proto=http";
const routes = [
  { name: "other", match: { headers: { "x-route": "other" } }, cluster: "auth" },
  { name: "usual", cluster: "backend" },
];
const byHeader = [{ name: "named", clusterHeader: "x-cluster" }];
const perCallback = (budget: object) => ({ budgets: { proxy_on_request_headers: budget } });

async function post(host: Host): Promise<void> {
  const init = { body: "hello", headers: { "x-cluster": "backend" } };
  const answer = host.fetch("http://a.test/", init);
  answer.catch(() => undefined);
  await host.clock.advance(20);
}

async function leave(host: Host): Promise<void> {
  const stream = host.stream("GET http://a.test/");
  await stream.headers({ end: true });
  await stream.abort();
  await host.clock.advance(20);
}

const leak = (host: Host) =>
  checkLeaks(host, () => host.fetch("http://a.test/"), { runs: 60, warmup: 5 });

const CASES: Case[] = [
  {
    rule: "S01",
    what: "a longer response body",
    raises: { "response_body#1": "setbuf 1 0 0 more" },
    near: { response_headers: "rem 2 content-length", "response_body#1": "setbuf 1 0 0 more" },
  },
  {
    rule: "S02",
    what: "continue and Continue",
    raises: { request_headers: "cont 0" },
    near: { request_headers: WAIT, http_call: "eff; cont 0" },
  },
  {
    rule: "S03",
    what: "reply, then continue",
    raises: { request_headers: WAIT, http_call: "eff; reply 403 no; cont 0" },
    near: { request_headers: WAIT, http_call: "eff; reply 403 no" },
  },
  {
    rule: "S04",
    what: "reply in on_log",
    raises: { log: "reply 500" },
    near: { response_headers: "reply 500" },
  },
  {
    rule: "S04",
    what: "reply in on_done",
    raises: { "done#1": "reply 500" },
    near: { "response_body#1": "ret 0" },
  },
  {
    rule: "S05",
    what: "continue of a root",
    raises: { request_headers: WAIT, http_call: "cont 0; eff; cont 0" },
    near: { request_headers: WAIT, http_call: "cont 3; eff; cont 0" },
  },
  {
    rule: "S05",
    what: "reply in a tick without a stream",
    raises: { configure: "tick 10", tick: "reply 401 no" },
    near: { configure: "tick 10", request_headers: "ret 4", "tick#1": "eff; reply 401 no" },
  },
  {
    rule: "S06",
    what: "two replies",
    raises: { request_headers: "reply 401 a; reply 402 b" },
    near: { request_headers: "reply 401 a" },
  },
  {
    rule: "S07",
    what: "reply after the response began",
    raises: { "response_body#1": "reply 500 late" },
    near: { response_headers: "reply 500 early" },
  },
  {
    rule: "S08",
    what: "request headers in the body callback",
    raises: { "request_body#1": "get 0 :path" },
    near: { request_headers: "get 0 :path" },
  },
  {
    rule: "S09",
    what: "bytes that are no pairs",
    raises: { request_headers: "setbad 0 nonsense" },
    near: { request_headers: `setpairs 0 ${PSEUDO},:scheme=http` },
  },
  {
    rule: "S09",
    what: "1025 pairs",
    raises: { request_headers: "many 0" },
    near: { request_headers: "setpairs 1" },
  },
  {
    rule: "S10",
    what: "CR in a header of a reply",
    raises: { request_headers: "reply 403 no why x=a\\rb" },
    near: { request_headers: "reply 403 no why x=a_SP_b" },
  },
  {
    rule: "S10",
    what: "space in a name",
    raises: { request_headers: "add 0 bad_SP_name v" },
    near: { request_headers: "add 0 good-name v_SP_w" },
  },
  {
    rule: "S11",
    what: "paused for ever",
    raises: { request_headers: "ret 4" },
    near: { configure: "tick 10", request_headers: "ret 4", tick: "eff; cont 0" },
  },
  {
    rule: "S12",
    what: "headers value 2",
    raises: { request_headers: "ret 2" },
    near: { "request_body#1": "ret 2", "request_body#2": "ret 0" },
  },
  {
    rule: "S12",
    what: "body value 4",
    raises: { "request_body#1": "ret 4" },
    near: { "request_body#1": "ret 3" },
  },
  {
    rule: "S13",
    what: "an empty gRPC service",
    raises: { request_headers: "grpc  S M 0" },
    near: { request_headers: "grpc auth S M 0" },
  },
  {
    rule: "S13",
    what: "a gRPC service with a field but no target",
    raises: { request_headers: "grpc *\u0002\b\u0001 S M 0" },
    // google_grpc: nobody hears it, but no process dies.
    near: { request_headers: "grpc \u0012\\0 S M 0" },
  },
  {
    rule: "S14",
    what: "paused on a refused call",
    raises: { request_headers: "call nobody / 0; ret 4" },
    near: { request_headers: "call auth / 0; call nobody / 0; ret 4", http_call: "eff; cont 0" },
  },
  {
    rule: "S14",
    what: "paused on the first of two refused calls",
    raises: { request_headers: "call nobody / 0; call nobody / 0; ret 4" },
    near: { request_headers: "call nobody / 0; call auth / 0; ret 4", http_call: "eff; cont 0" },
  },
  {
    rule: "S15",
    what: "counter plus 0",
    raises: { request_headers: "mdef 0 c; minc 4 0" },
    near: { request_headers: "mdef 0 c; minc 4 1" },
  },
  {
    rule: "S15",
    what: "gauge below 0",
    raises: { request_headers: "mdef 1 g; minc 5 1; minc 5 -2" },
    near: { request_headers: "mdef 1 g; minc 5 1; minc 5 -1" },
  },
  {
    rule: "S15",
    what: "histogram read",
    raises: { request_headers: "mdef 2 h; mget 6" },
    near: { request_headers: "mdef 2 h; mrec 6 1" },
  },
  {
    rule: "S16",
    what: "204 with a body",
    raises: { request_headers: "reply 204 body" },
    near: { request_headers: "reply 204" },
  },
  {
    rule: "S16",
    what: "600",
    raises: { request_headers: "reply 600 x" },
    near: { request_headers: "reply 599 x" },
  },
  {
    rule: "S17",
    what: "a body that is not there yet",
    raises: { request_headers: "setbuf 0 0 0 x" },
    near: { request_headers: "rem 0 content-length", "request_body#1": "setbuf 0 0 0 x" },
  },
  {
    rule: "S18",
    what: "a dead stream answered",
    raises: { request_headers: WAIT, http_call: "eff; reply 401" },
    near: { request_headers: WAIT, http_call: "eff" },
    drive: leave,
  },
  {
    rule: "S19",
    what: "a page a request",
    raises: { request_headers: "leak 65536" },
    near: { request_headers: "ret 0" },
    options: { trace: false, logLevel: "critical" },
    drive: leak,
  },
  {
    rule: "S20",
    what: "read and written without cas",
    raises: { request_headers: "sset k a 0; sget k; sset k b 0" },
    near: { request_headers: "sset k a 0; sget k; sset other b 0; sset k b 1" },
  },
  {
    rule: "S21",
    what: "the other host's name",
    raises: { request_headers: "prop route_name" },
    near: { request_headers: "prop xds.route_name; prop nothing" },
  },
  {
    rule: "S22",
    what: "a body overwritten after it was handed over",
    raises: { "request_body#1": "scribble 0" },
    near: { "request_body#1": "scribble 0" }, // a gateway copies at once
    options: { profile: "proxytest" },
    nearOptions: { profile: "envoy-1.40" },
  },
  {
    rule: "S22",
    what: "a body left alone is none, were it handed over twice",
    raises: { "request_body#1": "setbuf 0 0 9 first; scribble 0" },
    near: { "request_body#1": "setbuf 0 0 9 first; setbuf 0 0 9 second" },
    options: { profile: "proxytest" },
  },
  {
    rule: "S23",
    what: "a host call in the allocator",
    raises: { request_headers: "malloc 2; get 0 :path" },
    near: { request_headers: "malloc 2; get 0 :path" },
    nearOptions: { profile: "higress-2.1" },
  },
  {
    rule: "S24",
    what: ":scheme removed",
    raises: { request_headers: "rem 0 :scheme" },
    near: { request_headers: "rem 0 :protocol; rem 0 x-none; rep 0 :scheme https" },
  },
  {
    rule: "S24",
    what: "pairs without :scheme",
    raises: { request_headers: `setpairs 0 ${PSEUDO}` },
    near: { request_headers: `setpairs 0 ${PSEUDO},:scheme=http` },
  },
  {
    rule: "S24",
    what: ":status removed",
    raises: { response_headers: "rem 2 :status" },
    near: { response_headers: "rep 2 :status 201" },
  },
  {
    rule: "S25",
    what: "on_done of a stream",
    raises: { "done#1": "ret 1" },
    near: { "done#2": "ret 1" }, // that of the root
  },
  {
    rule: "S26",
    what: "a tick in configure",
    raises: { configure: "tick 100" },
    near: { request_headers: "tick 100" },
  },
  {
    rule: "S26",
    what: "a call in configure",
    raises: { configure: "call auth / 0" },
    near: { configure: "call nobody / 0" }, // refused: nothing happened
  },
  {
    rule: "S27",
    what: "a foreign function nobody has",
    raises: { request_headers: "foreign nobody" },
    near: { request_headers: "foreign get_log_level" }, // Higress has it
  },
  {
    rule: "S28",
    what: "a trap while a stream waits",
    raises: { request_headers: WAIT, http_call: "trap" },
    near: { request_headers: "trap" },
  },
  {
    rule: "S29",
    what: "waiting under value 2 above the limit",
    raises: { request_body: "ret 2" },
    near: { request_body: "ret 2" }, // S11
    options: { bufferLimitBytes: 4 },
    nearOptions: { bufferLimitBytes: 5 },
  },
  {
    rule: "S30",
    what: "host calls",
    raises: { request_headers: "get 0 :path; get 0 :path" },
    near: { request_headers: "get 0 :path; get 0 :path" },
    options: perCallback({ hostCalls: 3 }), // each operation is logged too
    nearOptions: perCallback({ hostCalls: 4 }),
  },
  {
    rule: "S30",
    what: "allocations",
    raises: { request_headers: "get 0 :path; get 0 :path" },
    near: { request_headers: "get 0 :path; get 0 x-none" },
    options: perCallback({ allocations: 1 }),
  },
  {
    rule: "S30",
    what: "wall time, of every other callback",
    raises: { request_headers: "ret 0" },
    near: { request_headers: "ret 0" },
    options: { budgets: { "*": { ms: -1 } } },
    nearOptions: { budgets: { "*": { ms: 600_000 } } },
  },
  {
    rule: "S31",
    what: "another route by a header",
    raises: { request_headers: "add 0 x-route other" },
    near: { request_headers: "add 0 x-route same" },
    options: { routes },
  },
  {
    rule: "S31",
    what: "another cluster on the same route",
    raises: { request_headers: "rep 0 x-cluster auth" },
    near: { request_headers: "rep 0 x-cluster backend; add 0 x 1" },
    options: { routes: byHeader },
  },
  {
    rule: "S31",
    what: "unless the plugin asked for it",
    raises: { request_headers: "foreign clear_route_cache; add 0 x-route other" },
    near: { request_headers: "add 0 x-route other; foreign clear_route_cache" },
    options: { routes },
  },
  {
    rule: "S32",
    what: "continue of a response that has not begun",
    raises: { request_headers: "cont 1" },
    near: { response_headers: WAIT, http_call: "eff; cont 1" },
  },
  {
    rule: "S33",
    what: "a reply in the place of an answer, then a trap",
    raises: { response_headers: "reply 401 no; trap" },
    near: { request_headers: "reply 401 no; trap" },
  },
  {
    rule: "S33",
    what: "a reply after the headers went out, then a trap",
    raises: { response_body: "reply 401 no; trap" },
    near: { response_body: "trap" },
  },
  {
    rule: "S33",
    what: "a stream that is closed, then a trap",
    raises: { request_headers: "close 0; trap" },
    near: { request_headers: "close 3; trap" },
  },
  {
    rule: "S33",
    what: "unless the plugin fails open",
    raises: { response_headers: "reply 401 no; trap" },
    near: { response_headers: "reply 401 no; trap" },
    nearOptions: { plugin: { failOpen: true } },
  },
];

async function rulesOf(
  run: Script,
  options: ProbeOptions,
  drive: Case["drive"],
): Promise<string[]> {
  const clusters = {
    backend: upstream().reply(200, { body: "ok" }),
    auth: upstream().after(5).reply(200),
  };
  const host = await probeHost(run, { strict: "error", clusters, ...options });
  await (drive ?? post)(host);
  await host.close();
  return host.violations.map(({ rule }) => rule);
}

describe("each rule: what breaks it, and what only looks like it", () => {
  test.each(CASES)("$rule $what", async ({ rule, raises, near, options, nearOptions, drive }) => {
    expect(await rulesOf(raises, { ...options }, drive)).toContain(rule);
    expect(await rulesOf(near, { ...options, ...nearOptions }, drive)).not.toContain(rule);
  });

  test("no rule is left out", () => {
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(Object.keys(RULES).sort());
  });
});

test("S31 says where: plugin, callback, host call, target", async () => {
  await using host = await probeHost(
    { request_headers: "add 0 x-route other" },
    { strict: "error", routes, clusters: { backend: upstream(), auth: upstream().reply(200) } },
  );
  await host.fetch("http://a.test/");
  expect(host.violations).toMatchObject([
    {
      rule: "S31",
      plugin: "probe",
      callback: "proxy_on_request_headers",
      call: "proxy_add_header_map_value",
      message: 'header change re-routed the request to "other", cluster "auth"',
    },
  ]);
});
