import { createHost, upstream, type PluginOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { linesOf, loadAlone } from "../loaded.js";

const ROUTES =
  "warn all rules are for routes or services, which are chosen before the model is known: " +
  "configure this plugin globally or for domains";
const TWICE =
  "warn another instance of this plugin splits, too: the later one removes what the earlier one " +
  "says in the same headers, unless its stripClientHeaders is false";

const rule = (match: object) => ({ modelToHeader: "x-model", ...match });
const ROUTE = rule({ _match_route_: ["r"] });
const PREFIX = rule({ _match_route_prefix_: ["r"] });
const SERVICE = rule({ _match_service_: ["s.dns"] });
const DOMAIN = rule({ _match_domain_: ["*.a.com"] });

async function warnings(config: object): Promise<string[]> {
  const { accepted, lines } = await loadAlone("model-router", config);
  expect(accepted).toBe(true);
  return [...new Set(lines)].filter((line) => line.startsWith("warn "));
}

describe("a route is chosen before the model is known, so that its rules come too late", () => {
  test.each([
    [{ _rules_: [ROUTE] }],
    [{ _rules_: [ROUTE, PREFIX, SERVICE] }],
    [{ _rules_: [{ ...ROUTE, _match_service_: ["s.dns"] }] }],
  ])("%j", async (config) => expect(await warnings(config)).toEqual([ROUTES]));

  test.each([
    [{}],
    [{ modelToHeader: "x-model" }],
    [{ _rules_: [DOMAIN] }],
    [{ _rules_: [ROUTE, DOMAIN] }],
    [{ modelToHeader: "x-model", _rules_: [ROUTE] }],
  ])("but not %j", async (config) => expect(await warnings(config)).toEqual([]));
});

test("a name that no header can have is ignored, as nothing of the peer's can be refused", async () => {
  const config = { modelToHeader: "a b", addProviderHeader: ":path" };
  expect(await warnings(config)).toEqual([
    "warn modelToHeader: is not a header name: ignored",
    "warn addProviderHeader: is not a header name: ignored",
  ]);
});

const SPLIT = {
  split: { rules: [{ name: "r", variants: [{ name: "v", weight: 100 }] }] },
};

function instance(name: string, config: object, more: object = {}): PluginOptions {
  const wasm = "build/envoy/model-router.wasm";
  return { name, wasm, vmId: "one", config: JSON.stringify(config), ...more };
}

async function warningsOf(plugins: PluginOptions[]): Promise<string[]> {
  const clusters = { backend: upstream().reply(200) };
  const host = await createHost({ lifecycle: "single", clusters, plugins });
  await host.close();
  return linesOf(host.logs).filter((line) => line.startsWith("warn "));
}

describe("two instances that both split", () => {
  test("are warned of by the second", async () => {
    expect(await warningsOf([instance("a", SPLIT), instance("b", SPLIT)])).toEqual([TWICE]);
  });

  test("also when a rule does it", async () => {
    const inRule = { _rules_: [{ ...SPLIT, _match_domain_: ["a.com"] }] };
    expect(await warningsOf([instance("a", inRule), instance("b", SPLIT)])).toEqual([TWICE]);
  });

  test("are no matter when one only routes, or has its split switched off", async () => {
    const off = { split: { ...SPLIT.split, enable: false } };
    const routes = { modelToHeader: "x-model" };
    expect(await warningsOf([instance("a", routes), instance("b", SPLIT)])).toEqual([]);
    expect(await warningsOf([instance("a", SPLIT), instance("b", off)])).toEqual([]);
  });

  test("are not what an update of one looks like", async () => {
    const old = instance("a", SPLIT);
    const now = instance("a", { ...SPLIT, modelToHeader: "x-model" });
    expect(await warningsOf([old, now])).toEqual([]);
  });

  test("nor is an instance that splits no more", async () => {
    const before = instance("a", SPLIT);
    const after = instance("a", { modelToHeader: "x-model" });
    expect(await warningsOf([before, after, instance("b", SPLIT)])).toEqual([]);
  });
});
