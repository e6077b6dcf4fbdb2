import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { ProbeListeners } from "./probe-listeners.js";

// What becomes of a call-out with a byte that no header may have. Over a new connection it is begun
// and answered by the proxy; over one that is open already it fails before it is begun.
const call = (cluster: string, headers: string) =>
  `call 1000 ${cluster} :method=GET,:path=/ask,:authority=a${headers}`;

const CONFIG = [
  "request_headers script x-do",
  "http_call get 6 :status",
  "http_call buffer 4 0 99",
  "http_call status",
  "http_call effective caller",
  "http_call continue 0",
];

const HEADERS: Record<string, string> = {
  "CR in a value": ",x=a%0db",
  "LF in a value": ",x=a%0ab",
  "NUL in a value": ",x=a%00b",
  "CR LF and a header": ",x=a%0d%0aevil:%201",
  "another control character": ",x=a%01b",
  "vertical tab": ",x=a%0bb",
  DEL: ",x=a%7fb",
  "LF in the path": "%0ab",
  "a space in a name": ",x%20y=1",
  "LF in a name": ",x%0ay=1",
  "NUL in a name": ",x%00y=1",
  "a control character in a name": ",x%1fy=1",
  "DEL in a name": ",x%7fy=1",
  "a backslash in a name": ",x%5cy=1",
  "a colon in a name": ",x:y=1",
  "a quote in a name": ",x%22y=1",
  "a bracket in a name": ",x{y=1",
  "a slash in a name": ",x/y=1",
  "an at sign in a name": ",x@y=1",
  "a letter above 127 in a name": ",x%c3%a9=1",
  "two, the first counts": ",x=a%0ab,x{y=1",
};
const LEGAL: Record<string, string> = {
  "a tab in a value": ",x=a%09b",
  "a byte above 127 in a value": ",x=a%c3%a9b",
  "every other sign in a name": ",x!#$%25&'*+-.^_`|~9=1",
  "an empty value": ",x=",
};

let wasm = "";
let gate: ProbeListeners;
let server: Server;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  server = createServer((_, answer) => answer.end("asked"));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  gate = await ProbeListeners.start(
    wasm,
    [CONFIG],
    [
      { name: "asked", port, keepAlive: true },
      { name: "once", port },
    ],
  );
}, 300_000);
afterAll(async () => {
  await gate.stop();
  server.closeAllConnections();
  server.close();
});

const play = (does: string) => gate.play(0, { headers: [["x-do", does]] });

/** A host with connections as the case needs them. */
async function inHarness(does: string, connections: "new" | "open"): Promise<string[]> {
  const asked = () => upstream().after(1).reply(200, { body: "asked" });
  await using host = await createHost({
    plugins: [{ name: "probe", wasm, config: CONFIG.join("\n") }],
    clusters: {
      backend: upstream().after(1).reply(200, { body: "ok" }),
      asked: asked(),
      once: asked(),
    },
    strict: "off",
    connections,
  });
  await host.fetch("http://a.test/a", { headers: { "x-do": does } }).settle();
  return host.logs.map(({ text }) => text);
}

const ILLEGAL = Object.entries(HEADERS);

describe("a call-out with an illegal byte", () => {
  test.each(ILLEGAL)("over a new connection: %s", async (_, headers) => {
    const does = `${call("once", headers)}; return 4`;
    const real = await play(does);
    expect(real).toContain("  get 6 :status = 0 503");
    expect(await inHarness(does, "new")).toEqual(real);
  });

  test.each(ILLEGAL)("over an open one: %s", async (_, headers) => {
    // The first call opens it.
    await play(`${call("asked", "")}; return 4`);
    const does = call("asked", headers);
    const real = await play(does);
    expect(real).toContain(`  ${does} = 10`);
    expect(await inHarness(does, "open")).toEqual(real);
  });

  test.each(Object.entries(LEGAL))("is none: %s", async (_, headers) => {
    const does = `${call("once", headers)}; return 4`;
    const real = await play(does);
    expect(real).toContain("  get 6 :status = 0 200");
    expect(await inHarness(does, "new")).toEqual(real);
  });
});
