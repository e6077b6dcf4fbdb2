import { createHost, redis, upstream, type Cluster, type Host } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";
import { RedisServer } from "./redis-server.js";
import { scriptedRedis } from "./scripted-redis.js";

const PASSWORD = "redis-secret";
const NOAUTH = "-NOAUTH Authentication required.\r\n";

let wasm: string;
let server: RedisServer;

beforeAll(async () => {
  [wasm, server] = await Promise.all([
    buildPlugin("plugin", "higress"),
    RedisServer.start(PASSWORD),
  ]);
});

afterAll(() => server.stop());

interface Setup {
  /** Lines of the driver: cluster|user|password|database, `|later` when nothing initialises it. */
  config?: string;
  store?: Cluster;
  /** Configuration of a second plugin in a VM of its own. */
  other?: string;
}

async function hostWith({ config = "store|||0", store, other }: Setup): Promise<Host> {
  return await createHost({
    profile: "higress-2.2",
    plugins: [
      { wasm, name: "driver", config, vmId: "one" },
      ...(other === undefined ? [] : [{ wasm, name: "other", config: other, vmId: "two" }]),
    ],
    clusters: { backend: upstream().reply(200), ...(store ? { store } : {}) },
    logLevel: "trace",
  });
}

const ask = (words?: string, client = "0") => ({
  headers: { "x-client": client, ...(words ? { "x-words": words } : {}) },
});

const lines = (host: Host, level: string): string[] =>
  host.logs.filter((line) => line.level === level).map(({ text }) => text);

const inits = (host: Host): number =>
  host.trace!.events.filter(
    ({ kind, name, vm }) =>
      kind === "host" && name === "proxy_redis_init" && vm.startsWith("worker"),
  ).length;

describe("with a real Redis", () => {
  it("commands with keys and values of any bytes are answered", async () => {
    await using host = await hostWith({ config: `store||${PASSWORD}|0`, store: server.url });
    expect((await host.fetch("/redis", ask("set,kit:a,значение,ex,60"))).text()).toBe("9 text OK");
    expect((await host.fetch("/redis", ask("get,kit:a"))).text()).toBe("9 text значение");
    expect((await host.fetch("/redis", ask("get,kit:none"))).text()).toBe("9 null ");
    expect((await host.fetch("/redis", ask("incrby,kit:n,41"))).text()).toBe("9 text 41");
    expect((await host.fetch("/redis", ask("lpush,kit:a,x"))).text()).toMatch(
      /^9 error WRONGTYPE /,
    );
  });

  it("each database has keys of its own", async () => {
    await using first = await hostWith({ config: `store||${PASSWORD}|0`, store: server.url });
    await using second = await hostWith({ config: `store||${PASSWORD}|3`, store: server.url });
    await first.fetch("/redis", ask("set,kit:db,zero"));
    await second.fetch("/redis", ask("set,kit:db,three"));
    expect((await first.fetch("/redis", ask("get,kit:db"))).text()).toBe("9 text zero");
    expect((await second.fetch("/redis", ask("get,kit:db"))).text()).toBe("9 text three");
  });

  it("many commands at once each get their own reply", async () => {
    await using host = await hostWith({ config: `store||${PASSWORD}|0`, store: server.url });
    const names = Array.from({ length: 50 }, (_, i) => `kit:many:${i}`);
    const sets = await Promise.all(
      names.map((name) => host.fetch("/redis", ask(`set,${name},${name}`))),
    );
    expect(new Set(sets.map((answer) => answer.text()))).toEqual(new Set(["9 text OK"]));
    const gets = await Promise.all(names.map((name) => host.fetch("/redis", ask(`get,${name}`))));
    expect(gets.map((answer) => answer.text())).toEqual(names.map((name) => `9 text ${name}`));
  });

  it("a wrong password: one more login, one repetition, then the plugin decides", async () => {
    await using host = await hostWith({ config: "store||wrong|0", store: server.url });
    expect((await host.fetch("/redis", ask())).text()).toMatch(/^9 error NOAUTH /);
    expect(host.callouts.map(({ command }) => command)).toEqual([
      ["get", "key"],
      ["get", "key"],
    ]);
    expect(inits(host)).toBe(2);
    expect(JSON.stringify(host.logs)).not.toContain("wrong");
  });

  it("a password that another plugin replaced is set again, and the command answered", async () => {
    await using host = await hostWith({
      config: `store||${PASSWORD}|0`,
      other: "store||wrong|0",
      store: server.url,
    });
    expect((await host.fetch("/redis", ask("set,kit:x,1"))).text()).toBe("9 text OK");
    expect(host.callouts).toHaveLength(2);
    expect(lines(host, "warn")).toContain("redis wants a login, sent again");
  });
});

describe("a reply that does not come", () => {
  it("is an error when nothing listens", async () => {
    const gone = await RedisServer.start(PASSWORD);
    await gone.stop();
    await using host = await hostWith({ store: gone.url });
    const answer = await host.fetch("/redis", ask()).settle();
    expect(answer.text()).toBe("9 error cannot connect to redis cluster");
  });

  it("is the same error when the connection breaks", async () => {
    await using host = await hostWith({ store: scriptedRedis(null) });
    const answer = await host.fetch("/redis", ask());
    expect(answer.text()).toBe("9 error cannot connect to redis cluster");
  });

  it("is the same error when time is up", async () => {
    const store = redis().fail("never");
    await using host = await hostWith({ store });
    const answer = await host.fetch("/redis", ask()).advance(1000);
    expect(answer.text()).toBe("9 error cannot connect to redis cluster");
  });

  it("is another error when the host cannot show it", async () => {
    await using host = await hostWith({ store: scriptedRedis("+OK\r\n") });
    host.inject.status("proxy_get_buffer_bytes", 1);
    const answer = await host.fetch("/redis", ask());
    expect(answer.text()).toBe("9 error cannot get redis response");
  });

  it("harms nobody once its stream is gone", async () => {
    const store = redis().after(50);
    await using host = await hostWith({ store });
    const stream = host.stream("/redis", ask());
    await stream.headers({ end: true });
    await stream.abort();
    await host.clock.advance(100);
    expect(host.callouts[0]?.outcome).toBe("ok");
    expect(host.violations).toEqual([]);
    expect((await host.fetch("/redis", ask()).advance(100)).text()).toBe("9 null ");
  });
});

describe("a reply that is none", () => {
  it.each([
    ["garbage", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a cut-off bulk string", "$100\r\nabc\r\n"],
    ["a cut-off array", "*2\r\n:1\r\n"],
    ["a length without end", "*99999999999999999999\r\n"],
    ["one byte", "$"],
  ])("is an error: %s", async (_name, bytes) => {
    await using host = await hostWith({ store: scriptedRedis(bytes) });
    expect((await host.fetch("/redis", ask())).text()).toBe("9 error cannot read redis response");
  });
});

describe("NOAUTH", () => {
  it("repeats the very command once after a new login", async () => {
    const store = scriptedRedis(NOAUTH, "$1\r\nv\r\n");
    await using host = await hostWith({ store });
    expect((await host.fetch("/redis", ask("hget,h,f"))).text()).toBe("9 text v");
    expect(store.commands).toEqual([
      ["hget", "h", "f"],
      ["hget", "h", "f"],
    ]);
    expect(inits(host)).toBe(2);
  });

  it("hands the error over when the login cannot be sent", async () => {
    await using host = await hostWith({ store: scriptedRedis(NOAUTH, "+no\r\n") });
    host.inject.status("proxy_redis_init", 2);
    expect((await host.fetch("/redis", ask())).text()).toBe(
      "9 error NOAUTH Authentication required.",
    );
    expect(lines(host, "error")).toEqual([
      "failed to re-authenticate redis: error status returned by host: bad argument",
    ]);
  });

  it("hands the error over when the repetition cannot be sent", async () => {
    await using host = await hostWith({ store: scriptedRedis(NOAUTH, "+no\r\n") });
    host.inject.status("proxy_redis_call", 10, { nth: 2, times: 1 });
    expect((await host.fetch("/redis", ask())).text()).toBe(
      "9 error NOAUTH Authentication required.",
    );
  });

  it("does not concern other errors", async () => {
    const store = scriptedRedis("-ERR unknown command\r\n");
    await using host = await hostWith({ store });
    expect((await host.fetch("/redis", ask())).text()).toBe("9 error ERR unknown command");
    expect(store.commands).toHaveLength(1);
  });
});

describe("a command that cannot be sent", () => {
  const REFUSED = "error status returned by host: ";

  it("is refused at once while the cluster is unknown, after one more attempt", async () => {
    await using host = await hostWith({});
    expect(new Set(lines(host, "warn"))).toEqual(
      new Set([`failed to init redis: ${REFUSED}bad argument, will retry later`]),
    );
    const answer = await host.fetch("/redis", ask());
    expect([answer.status, answer.text()]).toEqual([503, `${REFUSED}bad argument`]);
    expect(inits(host)).toBe(2);
    expect(host.callouts).toEqual([]);
  });

  it("is sent once the cluster is there: the failed initialisation is made up for", async () => {
    const store = scriptedRedis("+OK\r\n");
    await using host = await hostWith({});
    host.redis["store"] = store;
    expect((await host.fetch("/redis", ask())).text()).toBe("9 text OK");
    expect((await host.fetch("/redis", ask())).text()).toBe("9 text OK");
    expect(inits(host)).toBe(2);
  });

  it("is refused when no host is usable, with a critical line", async () => {
    await using host = await hostWith({ store: redis().noEndpoints() });
    const named = { headers: { ...ask().headers, "x-request-id": "r-1" } };
    const answer = await host.fetch("/redis", named);
    expect([answer.status, answer.text()]).toEqual([503, `${REFUSED}internal failure`]);
    expect(lines(host, "critical")).toEqual([
      `redis call failed, request-id: r-1, error: ${REFUSED}internal failure`,
    ]);
  });

  it("is refused by a client that was never initialised", async () => {
    await using host = await hostWith({
      config: "store|||0|later",
      store: scriptedRedis("+OK\r\n"),
    });
    const answer = await host.fetch("/redis", ask());
    expect([answer.status, answer.text()]).toEqual([
      503,
      "redis client is not ready, please call Init() first",
    ]);
    expect(host.callouts).toEqual([]);
  });
});

it.each([
  ["answered", scriptedRedis("+OK\r\n")],
  ["answered after a new login", scriptedRedis(NOAUTH, "+OK\r\n")],
  ["lost", scriptedRedis(null)],
  ["refused", redis().noEndpoints()],
])("a command that is %s is forgotten", async (_what, store) => {
  await using host = await hostWith({ store });
  expect((await host.fetch("/redis", ask())).headers.get("x-pending")).toBe("0");
});

describe("one cluster, several settings", () => {
  it("tells the host each time, and warns of nothing when two clients say the same", async () => {
    await using host = await hostWith({
      config: "store|u|p|1\nstore|u|p|1",
      store: scriptedRedis("+OK\r\n"),
    });
    expect(inits(host)).toBe(2);
    expect(lines(host, "warn")).toEqual([]);
    expect((await host.fetch("/redis", ask(undefined, "1"))).text()).toBe("9 text OK");
  });

  it.each([
    ["the password", "store|u|q|1", 1],
    ["the user", "store|v|p|1", 1],
    ["the database", "store|u|p|0", 1],
    ["nothing", "store|u|p|1", 0],
  ])("warns when a client changes %s", async (_what, second, warnings) => {
    const store = scriptedRedis("+OK\r\n");
    await using host = await hostWith({ config: `store|u|p|1\n${second}`, store });
    // Each of the three VMs: canary, main thread, worker.
    expect(lines(host, "warn")).toHaveLength(3 * warnings);
  });

  it("names the database unless it is the first", async () => {
    const store = scriptedRedis("+OK\r\n");
    await using host = await hostWith({ config: "store|u|p|0\nstore|u|p|3", store });
    const services = [...String(host.trace).matchAll(/proxy_redis_init\("([^"]*)"/g)];
    expect(new Set(services.map(([, service]) => service))).toEqual(
      new Set(["store", "store?db=3"]),
    );
  });

  it("warns when a client changes what another one set, without naming a password", async () => {
    const store = scriptedRedis("+OK\r\n");
    await using host = await hostWith({ config: `store|u|p|1\nstore|u|${PASSWORD}|2`, store });
    expect(inits(host)).toBe(2);
    expect(lines(host, "warn")[0]).toMatch(/^redis cluster store is initialised again with other/);
    expect(JSON.stringify(host.logs)).not.toContain(PASSWORD);
    await host.fetch("/redis", ask());
    expect(store.logins).toEqual([
      { username: "u", password: PASSWORD, database: 2, timeoutMs: 1000 },
    ]);
  });
});

describe("the build for plain Envoy", () => {
  it("has no Redis call to import, and refuses every command", async () => {
    const envoy = await buildPlugin("plugin", "envoy");
    await using host = await createHost({
      plugins: [{ wasm: envoy, name: "driver", config: "store|||0" }],
      clusters: { backend: upstream().reply(200) },
    });
    const answer = await host.fetch("/redis", ask());
    expect([answer.status, answer.text()]).toEqual([
      503,
      "error status returned by host: unimplemented",
    ]);
  });
});
