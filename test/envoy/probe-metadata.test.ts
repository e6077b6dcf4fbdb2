import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHost, upstream } from "proxy-wasm-test";
import { buildFixture } from "../scenario/fixture/build.js";
import { sleep } from "./envoy.js";
import { startGateway, type Gateway } from "./gateway.js";
import { sendFrames, type Frame, type Pairs } from "./h2-frames.js";

const HEAD: Pairs = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "gateway.test"],
  [":path", "/a"],
];
const head: Frame = { type: "headers", pairs: HEAD };
const first: Frame = {
  type: "metadata",
  pairs: [
    ["a", "1"],
    ["bc", "23"],
  ],
};
const second: Frame = { type: "metadata", pairs: [["d", "4"]] };
const body: Frame = { type: "data", text: "body", end: true };

interface Case {
  steps: string[];
  frames: Frame[];
}

const CASES: Record<string, Case> = {
  "after the headers": {
    steps: [
      "request_metadata get 0 :path",
      "request_metadata get 0 a",
      "request_metadata pairs 0",
      "request_metadata return 1",
    ],
    frames: [head, first, second, body],
  },
  "while the headers are held": {
    steps: ["request_headers return 1", "request_metadata get 0 :path", "request_body return 0"],
    frames: [head, first, body],
  },
  "while everything is held": {
    steps: [
      "request_headers remember",
      "request_headers tick 200",
      "request_headers return 4",
      "tick effective first",
      "tick continue 0",
    ],
    frames: [head, first, second, body],
  },
};
const NAMES = Object.keys(CASES);

let wasm = "";
let server: Server;
const gateways: Gateway[] = [];
beforeAll(async () => {
  wasm = await buildFixture("probe");
  server = createServer(
    (request, response) => void request.resume().on("end", () => response.end("ok")),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  for (const name of NAMES) {
    gateways.push(
      await startGateway({
        plugins: [{ name: "probe", file: wasm, config: CASES[name]!.steps.join("\n") }],
        upstreamPort: (server.address() as AddressInfo).port,
        manager: { http2_protocol_options: { allow_metadata: true } },
      }),
    );
  }
}, 120_000);
afterAll(async () => {
  for (const { envoy } of gateways) await envoy.stop();
  server.close();
});

async function inEnvoy(i: number): Promise<string[]> {
  const { envoy, port } = gateways[i]!;
  const marker = " test: ";
  const lines = () =>
    envoy.log.flatMap(({ component, text }) =>
      component === "wasm" && text.includes(marker)
        ? [text.slice(text.indexOf(marker) + marker.length)]
        : [],
    );
  const over = (async () => {
    while (!lines().includes("delete")) await sleep(20);
  })();
  await sendFrames(port, CASES[NAMES[i]!]!.frames, over);
  return lines();
}

async function inHarness({ steps, frames }: Case): Promise<string[]> {
  const backend = upstream().after(1).reply(200, { body: "ok" });
  await using host = await createHost({
    plugins: [{ name: "probe", wasm, config: steps.join("\n"), allowOnHeadersStopIteration: true }],
    clusters: { backend },
    downstream: "h2",
    upstreamProtocol: "h1",
    strict: "off",
  });
  const stream = host.stream("POST http://gateway.test/a");
  for (const { type, pairs, text, end } of frames) {
    if (type === "headers") await stream.headers();
    else if (type === "metadata") await stream.metadata(pairs!);
    else await stream.data(text!, { end: end ?? false });
  }
  const answer = stream.response();
  await host.clock.advance(300);
  await answer;
  return host.logs.map(({ text }) => text);
}

describe("METADATA sounds the same in Envoy and in the harness", () => {
  test.each(NAMES.map((name, i) => [name, i] as const))(
    "%s",
    { timeout: 20_000 },
    async (name, i) => {
      const real = await inEnvoy(i);
      expect(real.some((line) => line.startsWith("request_metadata"))).toBe(true);
      expect(await inHarness(CASES[name]!)).toEqual(real);
    },
  );
});
