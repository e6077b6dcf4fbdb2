import { constants, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  createHost,
  upstream,
  type ClientResponse,
  type Host,
  type UpstreamSink,
} from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { ProbeListeners } from "./probe-listeners.js";

// Answers of an HTTP/2 upstream whose body is not what content-length says, and streams it ends.
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** DATA frames; none: the headers end the answer. */
  data?: string[];
  trailers?: Record<string, string>;
  method?: string;
  /** Ends the stream instead of an answer. */
  reset?: "refused stream" | "remote reset";
}

const of = (length: string) => ({ "content-length": length });
const ANSWERS: Record<string, Answer> = {
  exact: { headers: of("5"), data: ["12", "345"] },
  "no length": { data: ["12", "345"] },
  "too long, in one frame": { headers: of("5"), data: ["12345678"] },
  "too long, in the second frame": { headers: of("5"), data: ["123", "45678"] },
  "too long, in a frame of its own": { headers: of("5"), data: ["12345", "678"] },
  "too short": { headers: of("5"), data: ["123"] },
  "too short, two frames": { headers: of("5"), data: ["1", "23"] },
  "too short, with trailers": { headers: of("5"), data: ["123"], trailers: { "x-t": "1" } },
  "exact, with trailers": { headers: of("5"), data: ["12345"], trailers: { "x-t": "1" } },
  "too long, with trailers": { headers: of("5"), data: ["12345678"], trailers: { "x-t": "1" } },
  "a length without body": { headers: of("5") },
  "no body, length 0": { headers: of("0") },
  "a body, length 0": { headers: of("0"), data: ["123"] },
  "no number": { headers: of("many"), data: ["123"] },
  "a negative number": { headers: of("-1"), data: ["123"] },
  "204 with a length": { status: 204, headers: of("5") },
  "304 with a length": { status: 304, headers: of("5") },
  "to HEAD, with a length": { headers: of("5"), method: "HEAD" },
  "refuses the stream": { reset: "refused stream" },
  "resets the stream": { reset: "remote reset" },
};
const REFUSED_STREAM = constants.NGHTTP2_REFUSED_STREAM;
const CANCEL = constants.NGHTTP2_CANCEL;
const NAMES = Object.keys(ANSWERS);

const PROXIED = ["response_headers get 2 content-length", "log number response.flags"];
const CALLS = [
  "request_headers script x-do",
  "http_call get 6 :status",
  "http_call buffer 4 0 99",
  "http_call effective caller",
  "http_call continue 0",
];

let wasm = "";
let gate: ProbeListeners;
let server: Http2Server;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    const answer = ANSWERS[NAMES[Number(headers["x-n"])] ?? ""] ?? { data: ["ok"] };
    stream.resume().on("end", () => play(stream, answer));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  gate = await ProbeListeners.start(wasm, [PROXIED, CALLS], [{ name: "backend", port, h2: true }]);
}, 300_000);
afterAll(async () => {
  await gate.stop();
  server.close();
});

function play(stream: ServerHttp2Stream, answer: Answer): void {
  const { status = 200, headers, data = [], trailers, reset } = answer;
  if (reset) return stream.close(reset === "refused stream" ? REFUSED_STREAM : CANCEL);
  const options = { endStream: data.length === 0, waitForTrailers: !!trailers, sendDate: false };
  stream.respond({ ":status": status, ...headers }, options);
  if (data.length === 0) return;
  if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const text of data) stream.write(text);
  stream.end();
}

function answerTo(sink: UpstreamSink, answer: Answer): void {
  const { status = 200, headers = {}, data = [], trailers, reset } = answer;
  if (reset) return sink.reset(reset);
  sink.headers({ ":status": String(status), ...headers }, data.length === 0);
  data.forEach((text, i) => sink.data(text, i === data.length - 1 && !trailers));
  if (trailers) sink.trailers(trailers);
}

/** What the request through the harness leaves. */
async function inHarness(answer: Answer, does = ""): Promise<[Host, ClientResponse]> {
  const script = upstream().script((_, sink) => sink.after(1, () => answerTo(sink, answer)));
  const host = await createHost({
    plugins: [{ name: "probe", wasm, config: (does === "" ? PROXIED : CALLS).join("\n") }],
    clusters: { backend: script, fine: upstream().after(1).reply(200, { body: "ok" }) },
    routes: [{ cluster: does === "" ? "backend" : "fine" }],
    downstream: "h2",
    upstreamProtocol: "h2",
    strict: "off",
  });
  const { method = "GET" } = answer;
  const headers: Record<string, string> = does === "" ? {} : { "x-do": does };
  return [host, await host.fetch("/a", { method, headers }).settle()];
}

const textOf = (host: Host) => host.logs.map(({ text }) => text);

describe("content-length of an HTTP/2 upstream", () => {
  test.each(NAMES.map((name, i) => [name, i] as const))("%s", async (name, i) => {
    const answer = ANSWERS[name]!;
    const { method = "GET" } = answer;
    const headers: [string, string][] = [["x-n", String(i)]];
    const real = await gate.play(0, { method, headers, protocol: "h2" });
    const client = gate.client!;
    const [host, got] = await inHarness(answer);
    expect(textOf(host)).toEqual(real);
    expect([got.status, got.text(), !got.reset]).toEqual([
      client.status,
      String(client.body),
      client.complete,
    ]);
    expect(got.details).toBe((await gate.record()).details);
    await host.close();
  });

  test.each(NAMES.map((name, i) => [name, i] as const))("in a call-out: %s", async (name, i) => {
    const { method = "GET" } = ANSWERS[name]!;
    const call = `:method=${method},:path=/,:authority=a,x-n=${i}`;
    const does = `call 1000 backend ${call}; return 4`;
    const headers: [string, string][] = [["x-do", does]];
    const real = await gate.play(1, { headers, protocol: "h2" });
    const [host] = await inHarness({ ...ANSWERS[name]!, method: "GET" }, does);
    expect(textOf(host)).toEqual(real);
    await host.close();
  });
});
