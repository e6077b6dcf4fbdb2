import { beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { DEFAULT_HOST } from "../scenario/transcript.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { sendH1 } from "./client-h1.js";
import { Envoy, sleep } from "./envoy.js";
import { ScriptedUpstream } from "./upstream.js";
import { defaultAnswer, type RequestStep } from "../scenario/scenario.js";

// Rules S04, S13, S32 and S33 of the harness say "Envoy crashes". E27 of the list in the harness
// contract: each is tried in an Envoy of its own, which must not survive.
let wasm = "";
beforeAll(async () => void (wasm = await buildFixture("probe")));

const TIMEOUT_MS = 30_000;
const CALL = "request_headers call 1000 backend :method=GET,:path=/,:authority=a";

describe("what the harness calls fatal kills Envoy", () => {
  test.each([
    ["S04: a reply in on_log", "log reply 403 d no"],
    ["S13: gRPC to an empty service", "request_headers grpc"],
    ["S13: gRPC to a service without target", "request_headers gcall 0 %2a%02%08%01 m -"],
    ["S32: continue of the response in request headers", "request_headers continue 1"],
    [
      "S32: continue of the response in a call-out, the request waits",
      `${CALL}\nrequest_headers return 4\nhttp_call effective\nhttp_call continue 1`,
    ],
    [
      "S33: a reply in the place of an answer, then a trap",
      "response_headers reply 401 d no\nresponse_headers trap",
    ],
    [
      "S33: a reply after the headers went out, then a trap",
      "response_body reply 401 d no\nresponse_body trap",
    ],
    ["S33: a stream that is closed, then a trap", "request_headers close 0\nrequest_headers trap"],
  ])("%s", { timeout: 300_000 }, async (_name, config) => {
    expect(await outcome(config)).toMatch(/^Envoy ended \(SIG(SEGV|ABRT|BUS|ILL)\)/);
  });

  test(
    "and what is no such thing does not: continue of a response that has begun",
    { timeout: 300_000 },
    async () => {
      const call = CALL.replace("request", "response");
      const rest = "response_headers return 4\nhttp_call effective\nhttp_call continue 1";
      expect(await outcome(`${call}\n${rest}`)).toBe("alive");
    },
  );

  test("nor does a reply to a request before a trap", { timeout: 300_000 }, async () => {
    const config = "request_headers reply 401 d no\nrequest_headers trap";
    expect(await outcome(config)).toBe("alive");
  });
});

/** How an Envoy ended after one request through the probe, or `alive`. */
async function outcome(config: string): Promise<string> {
  const upstream = new ScriptedUpstream("backend", () => defaultAnswer());
  const port = await upstream.start();
  const plugin = {
    name: "probe",
    config,
    file: wasm,
    rootId: "",
    failurePolicy: "FAIL_CLOSED" as const,
    allowOnHeadersStopIteration: true,
  };
  const listeners = [{ id: "crash", plugins: [plugin], routes: [], attributes: [] }];
  const envoy = await Envoy.start({
    bootstrap: bootstrap([{ name: "backend", port }]),
    files: { [LISTENERS]: listenersFile([]) },
  });
  try {
    envoy.moveIn(LISTENERS, listenersFile(listeners).replaceAll("%FOLDER%", envoy.folder));
    const answered = sendH1(await listenerPort(envoy), REQUEST);
    const end = Date.now() + TIMEOUT_MS;
    let settled = false;
    void answered.then(() => (settled = true));
    for (;;) {
      const death = await envoy.get("/ready").then(
        () => "",
        (error: Error) => error.message,
      );
      if (death.startsWith("Envoy ended")) return death;
      // A refused connection: the process is going.
      if (!death && settled) return "alive";
      if (Date.now() > end) return death || "alive, no answer";
      await sleep(50);
    }
  } finally {
    await envoy.stop();
    await upstream.stop();
  }
}

async function listenerPort(envoy: Envoy): Promise<number> {
  const end = Date.now() + TIMEOUT_MS;
  while (Date.now() < end) {
    const text = await envoy.get("/listeners?format=json");
    const { listener_statuses: statuses = [] } = JSON.parse(text) as {
      listener_statuses?: { local_address: { socket_address: { port_value: number } } }[];
    };
    const port = statuses[0]?.local_address.socket_address.port_value;
    if (port !== undefined) return port;
    await sleep(50);
  }
  throw new Error(`no listener:\n${envoy.logText()}`);
}

const REQUEST: RequestStep = {
  method: "GET",
  path: "/a",
  headers: [["host", DEFAULT_HOST]],
  body: null,
  trailers: [],
  protocol: "h1",
  chunked: false,
  abort: false,
  afterMs: 0,
};
