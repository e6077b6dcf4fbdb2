import { afterAll, beforeAll, expect, test } from "vitest";
import { EnvoyBackend } from "./backend.js";
import { buildFixture } from "../scenario/fixture/build.js";
import { parseGoldens } from "../scenario/markdown.js";
import type { Outcome } from "../scenario/outcome.js";
import { playInHarness } from "../scenario/play-harness.js";
import type { HeaderPair } from "../scenario/scenario.js";

// Transcripts leave framing and the proxy's own headers out. Here every header counts, and where it
// stands: what a server and a client get from Envoy, and from the harness.

const GET = "```http request\nGET /a\nx-a: 1\nx-b: 2\n```";
const post = (words = "", method = "POST") =>
  `\`\`\`http request ${words}\n${method} /a\nx-a: 1\n\nbody\n\`\`\``;
const bare = (method: string) => `\`\`\`http request\n${method} /a\nx-a: 1\n\`\`\``;
const config = (...steps: string[]) => `\`\`\`text config\n${steps.join("\n")}\n\`\`\``;
const answer = (head: string, words = "") => `\`\`\`http upstream ${words}\n${head}\n\`\`\``;

const CASES: Record<string, string[]> = {
  "a request without body": [GET],
  "a request with a length": [post()],
  "a chunked request": [post("chunked")],
  "a request with trailers": ["```http request trailers\nPOST /a\n\nbody\n\nt: 1\n```"],
  "a POST without body": [bare("POST")],
  "a PUT without body": [bare("PUT")],
  "a PATCH without body": [bare("PATCH")],
  "a DELETE without body": [bare("DELETE")],
  "an OPTIONS without body": [bare("OPTIONS")],
  "a HEAD": [bare("HEAD")],
  "a POST over HTTP/2": [post("h2")],
  "a body whose length is gone": [config("request_headers remove 0 content-length"), post()],
  "a length that is gone, and no body": [
    config("request_headers remove 0 content-length"),
    bare("POST"),
  ],
  "a body that is emptied": [
    config(
      "request_headers remove 0 content-length",
      "request_headers return 1",
      "request_body return 1",
      "request_body@end setbuffer 0 0 9999",
      "request_body@end return 0",
    ),
    post(),
  ],
  "a plugin that writes transfer-encoding": [
    config(
      "request_headers remove 0 content-length",
      "request_headers add 0 transfer-encoding chunked",
    ),
    post(),
  ],
  "what a filter sees of a chunked request": [
    config("request_headers get 0 transfer-encoding", "request_headers get 0 content-length"),
    post("chunked"),
  ],
  "headers that a plugin adds and replaces": [
    config(
      "request_headers add 0 x-new 1",
      "request_headers add 0 x-a 2",
      "request_headers replace 0 x-b 3",
      "request_headers replace 0 x-absent 4",
      "request_headers replace 0 :path /other",
      "request_headers replace 0 user-agent probe",
      "request_headers remove 0 x-gone",
      "response_headers add 2 x-new 1",
      "response_headers replace 2 x-up 2",
      "response_headers add 2 x-up 3",
      "response_headers replace 2 content-type text/html",
    ),
    "```http request\nGET /a\nx-a: 1\nx-b: 1\nx-gone: 1\nx-b: 2\nx-last: 1\n```",
    answer("200\nx-up: 1\ncontent-type: text/plain\nx-up: 1\nx-end: 1\n\nok"),
  ],
  "built-in headers that are replaced in a request": [
    config(
      "request_headers replace 0 content-type text/html",
      "request_headers replace 0 user-agent probe",
      "request_headers replace 0 accept */*",
      "request_headers replace 0 via probe",
      "request_headers replace 0 x-request-id 1",
      "request_headers replace 0 authorization b",
      "request_headers replace 0 x-a 2",
    ),
    "```http request\nGET /a\nauthorization: a\nvia: a\ncontent-type: a\nuser-agent: a\nx-a: 1\naccept: a\nx-z: 1\n```",
  ],
  "built-in headers that are replaced in an answer": [
    config(
      "response_headers replace 2 etag b",
      "response_headers replace 2 vary b",
      "response_headers replace 2 content-type b",
      "response_headers replace 2 server b",
      "response_headers replace 2 x-up 2",
    ),
    GET,
    answer(
      "200\nserver: a\nvary: a\nx-up: 1\netag: a\ncontent-type: a\ngrpc-status: 1\nx-z: 1\n\nok",
    ),
  ],
  "built-in headers that are added twice": [
    config(
      "request_headers add 0 content-type b",
      "request_headers add 0 accept b",
      "request_headers add 0 x-a 2",
      "response_headers add 2 content-type b",
      "response_headers add 2 etag b",
      "response_headers add 2 vary b",
      "response_headers add 2 x-up 2",
    ),
    "```http request\nGET /a\naccept: a\ncontent-type: a\nx-a: 1\nx-z: 1\n```",
    answer("200\nvary: a\nx-up: 1\netag: a\ncontent-type: a\nx-z: 1\n\nok"),
  ],
  "a local reply": [config("request_headers reply 403 why no x-deny=1,x-deny=2"), GET],
  "a local reply without body": [config("request_headers reply 401 why"), GET],
  "a local reply with its own content-type": [
    config("request_headers reply 403 why no content-type=application/json,x-deny=1"),
    GET,
  ],
  "a local reply in the place of an answer": [
    config("response_headers reply 403 why no x-deny=1"),
    GET,
  ],
  "an answer with a length": [GET, answer("200\nx-up: 1\n\nok")],
  "a chunked answer": [GET, answer("200\nx-up: 1\n\nok", "chunked")],
  "an answer whose length is gone": [
    config("response_headers remove 2 content-length"),
    GET,
    answer("200\nx-up: 1\n\nok"),
  ],
  "what a filter sees of a chunked answer": [
    config("response_headers get 2 transfer-encoding", "response_headers get 2 content-length"),
    GET,
    answer("200\nx-up: 1\n\nok", "chunked"),
  ],
  "an answer to a HEAD": [bare("HEAD"), answer("200\nx-up: 1\n\nok")],
  "an answer without body": [GET, answer("204\nx-up: 1")],
  "an answer that says close": [GET, answer("200\nconnection: close\nkeep-alive: timeout=5\n\nok")],
  "an upstream that cannot be reached": [
    "```yaml env\nroutes: [{ cluster: dead }]\n```",
    GET,
    answer("200", "dead refused"),
  ],
  "a call-out with a body": [
    config("request_headers call 1000 backend :method=POST,:path=/c,:authority=a,x-c=1 body"),
    GET,
  ],
  "a call-out without": [
    config("request_headers call 0 backend :method=GET,:path=/c,:authority=a,x-c=1"),
    GET,
  ],
};

const names = Object.keys(CASES);
/** A plugin that does nothing, where a case names none. */
const IDLE = config("log return 0");
const document = names.map((name) => {
  const parts = CASES[name]!;
  const plugin = parts.some((part) => part.startsWith("```text config")) ? [] : [IDLE];
  return [`## ${name}`, ...plugin, ...parts, "```transcript\n```"];
});
const scenarios = parseGoldens(["# Wire", ...document.flat()].join("\n\n"), {
  file: "probe-wire",
  plugin: "probe",
});
const plays = scenarios.map((scenario, i) => ({ id: `wire-${i}`, scenario }));

let wasm = "";
let envoy: EnvoyBackend;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  envoy = await EnvoyBackend.start(plays, () => wasm);
}, 300_000);
afterAll(async () => await envoy?.stop());

/** Values that are another each time. */
const VARIES = /^(date|x-request-id|x-envoy-upstream-service-time|x-envoy-expected-rq-timeout-ms)$/;

function written(headers: readonly HeaderPair[]): string[] {
  return headers
    .filter(([name]) => !name.startsWith(":") && name !== "host")
    .map(([name, value]) => `${name}: ${VARIES.test(name) ? "…" : value}`);
}

/** Of every message: whose it is, and its headers as they were written. */
function wire({ requests }: Outcome): Record<string, unknown>[] {
  return requests.map(({ callouts, upstream, client, log }) => ({
    callouts: callouts.map(({ seen }) => written(seen.headers)),
    upstream: upstream.map(({ headers }) => written(headers)),
    client: written(client.headers),
    log: log.map(({ text }) => text),
  }));
}

test.each(plays.map((play) => [play.scenario.title, play] as const))(
  "%s",
  async (_, play) => {
    const harness = await playInHarness(play.scenario, {
      profile: "envoy-1.40",
      wasmFile: () => wasm,
      strict: false,
    });
    expect(wire(harness)).toEqual(wire(await envoy.run(play)));
  },
  60_000,
);
