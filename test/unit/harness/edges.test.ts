import { expect, test } from "vitest";
import { Abi, createHost, upstream } from "../../harness/src";
import { lines, probeFor, probeHost } from "./probe";
import { ABI, wasm } from "./wat";

const UNREACHABLE = [0x00];

// What an implementation of a host easily forgets (harness.md 11), as far as no other file has it.

test("memory that grows while the host hands over a value is looked at anew", async () => {
  await using host = await probeHost({ request_body: "buf 0 0 9000000" });
  const before = host.memorySize;
  const body = "x".repeat(900_000);
  await host.fetch("http://a.test/", { body });
  expect(host.memorySize).toBeGreaterThan(before);
  expect(lines(host)[0]).toBe(`request_body buf 0 0 9000000 = 0 '${body}'`);
});

test("a full stack is a trap", async () => {
  await using host = await probeHost({ "request_headers#1": "recurse 0" });
  expect((await host.fetch("http://a.test/")).details).toBe("wasm_fail_stream");
  expect(lines(host)[0]).toMatch(
    /^Function: proxy_on_request_headers failed: Uncaught RangeError: Maximum call stack/,
  );
});

test("a block in the upper half of the addresses is no negative one", () => {
  // (i32.const -16): far above the one page there is.
  const malloc = { params: "i", results: "i", body: [0x41, 0x70] };
  const abi = Abi.instantiate(wasm({ exports: { ...ABI, malloc } }));
  expect(abi.give(Uint8Array.of(1))).toBe(0);
  expect(abi.memory.holds(0xffff_fff0, 1)).toBe(false);
  expect(abi.memory.holds(-16, 1)).toBe(false);
});

test("context ids begin anew and leave out those in use", async () => {
  await using host = await probeHost({ args: "1", "request_headers#1": "ret 4" });
  const held = host.stream("GET http://a.test/held");
  await held.headers({ end: true });
  const vm = host.workers[0]!.allVms[0]! as unknown as { nextContext: number };
  vm.nextContext = 0xffff_ffff;
  await host.fetch("http://a.test/last");
  await host.fetch("http://a.test/first");
  await host.fetch("http://a.test/second");
  const created = lines(host).filter((line) => line.startsWith("create"));
  // 1 is the root, 2 the request that is held.
  expect(created).toEqual([
    "create(2, 1)",
    "create(4294967295, 1)",
    "create(3, 1)",
    "create(4, 1)",
  ]);
  await held.abort();
});

test("tokens begin anew after 2³², each kind with its own low bits", async () => {
  await using host = await probeHost(
    { request_headers: "call auth / 0" },
    {
      clusters: { backend: upstream().reply(200), auth: upstream().reply(200) },
    },
  );
  const vm = host.workers[0]!.allVms[0]! as unknown as { nextTokens: Record<number, number> };
  vm.nextTokens[0] = 0xffff_fffc;
  for (let i = 0; i < 3; i++) await host.fetch("http://a.test/");
  expect(host.callouts.map(({ token }) => token)).toEqual([0xffff_fffc, 0, 4]);
  expect(host.callouts.map(({ outcome }) => outcome)).toEqual(["200", "200", "200"]);
});

test("callbacks of connections and METADATA link, and nobody calls them", async () => {
  const one = { params: "i", results: "i", body: UNREACHABLE };
  const two = { params: "ii", body: UNREACHABLE };
  const three = { params: "iii", results: "i", body: UNREACHABLE };
  const module = wasm({
    exports: {
      ...ABI,
      malloc: { params: "i", results: "i" },
      proxy_on_new_connection: one,
      proxy_on_downstream_data: three,
      proxy_on_upstream_data: three,
      proxy_on_downstream_connection_close: two,
      proxy_on_upstream_connection_close: two,
      proxy_on_request_metadata: { ...two, results: "i" },
      proxy_on_response_metadata: { ...two, results: "i" },
      proxy_validate_configuration: { ...two, results: "i" },
      proxy_on_foreign_function: { params: "iii", body: UNREACHABLE },
      envoy_on_stats_update: two,
    },
  });
  await using host = await createHost({
    plugins: [{ wasm: module }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    downstream: "h2",
  });
  const answer = await host.fetch("http://a.test/", { body: "x", trailers: { a: "b" } });
  expect(answer.text()).toBe("ok");
  // They are there for whoever drives the module by itself.
  const abi = Abi.instantiate(module);
  for (const name of ["proxy_on_new_connection", "proxy_on_foreign_function"])
    expect(() => abi.call(name, 1, 0, 0)).toThrow("unreachable");
});

test("an answer for a stream that is gone reaches no stream with its id", async () => {
  await using host = await probeHost(
    {
      args: "1",
      "request_headers#1": "call auth / 0; ret 4",
      "request_headers#2": "ret 4",
      http_call: "eff 2; cont 0",
    },
    { clusters: { backend: upstream().reply(200), auth: upstream().after(50).reply(200) } },
  );
  const gone = host.stream("GET http://a.test/gone");
  await gone.headers({ end: true });
  await gone.abort();
  const next = host.stream("GET http://a.test/next");
  await next.headers({ end: true });
  await host.clock.advance(100);
  expect(lines(host)).toContain("http_call eff 2 = 2");
  expect(next.state.paused).toBe(true);
  await next.abort();
});

test("Higress: a plugin sees the hosts of the route's cluster and chooses one", async () => {
  const script = {
    configure: "hosts; override 10.0.0.1:80",
    request_headers: "hosts; override 10.0.0.1:80",
    response_headers: "prop upstream.address",
  };
  await using host = await probeHost(script, { profile: "higress-2.2" });
  await host.fetch("http://a.test/");
  expect(lines(host)).toEqual([
    "configure hosts = 1 null",
    "configure override 10.0.0.1:80 = 2",
    expect.stringMatching(/^request_headers hosts = 0 '.*127\.0\.0\.1:80\0\{\}\0'$/s),
    "request_headers override 10.0.0.1:80 = 0",
    "response_headers prop upstream.address = 0 '10.0.0.1:80'",
  ]);
});

test("Envoy has no such calls: a module that imports them is refused", async () => {
  const load = createHost({
    plugins: [{ wasm: probeFor("higress-2.2"), name: "probe" }],
    clusters: { backend: upstream() },
  });
  await expect(load).rejects.toThrow("missing import: env.proxy_get_upstream_hosts");
});
