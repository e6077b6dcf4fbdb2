import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { Envoy, sleep } from "./envoy.js";

// A configuration is replaced while the charge of its last request is under way: the gateway would
// cancel it with the root that sent it.

const TIMEOUT_MS = 2000;
const LIMIT_MS = 120_000;
const PATIENCE = { timeout: 20_000, interval: 50 };
const ANSWER = JSON.stringify({
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});
const STORE = { type: "redis-http", cluster_name: "rest", timeout: TIMEOUT_MS };

/** A server on loopback. */
async function serve(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return (server.address() as AddressInfo).port;
}

/** A store that answers questions, and keeps charges waiting. */
class Store {
  readonly charges: string[] = [];
  /** Charges that the gateway gave up. */
  givenUp = 0;
  private readonly waiting: ServerResponse[] = [];
  readonly server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      if (!body.includes("incrby")) {
        const isBalance = body.startsWith('["get"');
        response.end(JSON.stringify({ result: isBalance ? "1000" : [[1000, 0, 60]] }));
        return;
      }
      this.charges.push(body);
      this.waiting.push(response);
      response.on("close", () => {
        if (!response.writableFinished) this.givenUp++;
      });
    });
  });

  /** Answers what waits. */
  release(): void {
    for (const response of this.waiting.splice(0)) response.end('{"result":1}');
  }
}

const CONFIGS = {
  "token-quota": (n: number) => ({ admin_consumer: `admin-${n}`, store: STORE }),
  "token-rate-limit": (n: number) => ({
    rule_name: "r",
    store: STORE,
    global_threshold: { token_per_minute: 1000 },
    rejected_msg: String(n),
  }),
};
type Name = keyof typeof CONFIGS;

let envoy: Envoy | null = null;
let store: Store;
let model: Server;
beforeAll(() => buildPlugins(Object.keys(CONFIGS), ["envoy"]), LIMIT_MS);
afterEach(async () => {
  await envoy?.stop();
  for (const server of [store.server, model]) {
    server.close();
    server.closeAllConnections();
  }
});

function listeners(name: Name, n: number): string {
  const plugin = {
    name,
    file: `build/envoy/${name}.wasm`,
    rootId: "",
    config: JSON.stringify(CONFIGS[name](n)),
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD" as const,
  };
  return listenersFile([{ id: "gateway", plugins: [plugin], routes: [], attributes: [] }]);
}

/** A gateway with the first configuration. */
async function start(name: Name): Promise<Envoy> {
  store = new Store();
  model = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json").end(ANSWER);
  });
  const clusters = [
    { name: "backend", port: await serve(model) },
    { name: "rest", port: await serve(store.server), keepAlive: true },
  ];
  envoy = await Envoy.start({
    bootstrap: bootstrap(clusters),
    files: { [LISTENERS]: listenersFile([]) },
  });
  await load(envoy, name, 1);
  return envoy;
}

async function ask(gate: Envoy): Promise<number> {
  const page = JSON.parse(await gate.get("/listeners?format=json")) as {
    listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
  };
  const port = page.listener_statuses[0]!.local_address.socket_address.port_value;
  const reply = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { "x-mse-consumer": "alice", connection: "close" },
    body: "{}",
  });
  await reply.text();
  return reply.status;
}

/** Puts a configuration in place of the one before, and waits until nothing of that drains. */
async function load(gate: Envoy, name: Name, n: number): Promise<void> {
  const sum = async (pattern: string) =>
    [...(await gate.stats(pattern)).values()].reduce((all, value) => all + value, 0);
  const loads = "^listener_manager.lds.update_success$";
  const before = await sum(loads);
  gate.moveIn(LISTENERS, listeners(name, n).replaceAll("%FOLDER%", gate.folder));
  await expect.poll(() => sum(loads), PATIENCE).toBeGreaterThan(before);
  const unsettled = "^listener_manager.total_(listeners|filter_chains)_(warming|draining)$";
  await expect.poll(() => sum(unsettled), PATIENCE).toBe(0);
  await sleep(300);
}

describe.each(Object.keys(CONFIGS) as Name[])("%s", (name) => {
  test("a charge under way is not given up", { timeout: LIMIT_MS }, async () => {
    const gate = await start(name);
    expect(await ask(gate)).toBe(200);
    await expect.poll(() => store.charges.length, PATIENCE).toBe(1);
    await load(gate, name, 2);
    expect(store.givenUp).toBe(0);
    store.release();
    expect(await ask(gate)).toBe(200);
    await expect.poll(() => store.charges.length, PATIENCE).toBe(2);
    expect(store.givenUp).toBe(0);
    expect(store.charges[1]).not.toBe(store.charges[0]);
  });
});

test(
  "token-quota: the next configuration pays what had no answer",
  { timeout: LIMIT_MS },
  async () => {
    const gate = await start("token-quota");
    expect(await ask(gate)).toBe(200);
    await load(gate, "token-quota", 2);
    await expect.poll(() => store.givenUp, PATIENCE).toBe(1);
    expect(await ask(gate)).toBe(200);
    await expect.poll(() => store.charges.length, PATIENCE).toBe(3);
    expect(store.charges.filter((charge) => charge === store.charges[0])).toHaveLength(2);
  },
);
