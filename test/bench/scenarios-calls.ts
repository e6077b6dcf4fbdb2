import { CALLBACKS, callbackFixture, fixture } from "./fixtures.js";
import { wasmFilter } from "./filters.js";
import { EMPTY_LEAN, EMPTY_NO_CALLBACKS, NO_FILTER, type Scenario } from "./scenarios.js";

// What each exported callback and each host call costs in Envoy, for the design of the SDK:
// `npm run bench -- --calls`. One callback is cheaper than the noise of a request, so the filter is
// in the chain 32 times; one host call likewise, so it is made 32 times.

const COPIES = 32;
const TIMES = 32;
const KEYS = ["sk-bench-0123456789abcdef0123456789abcde"];

/** The letters that test/bench/fixture/assembly/calls.ts switches on. */
const HOST_CALLS: Record<string, string> = {
  a: "get header (present, 40 bytes)",
  b: "get header (missing)",
  c: "get header :path",
  d: "get all headers as pairs",
  e: "add header",
  f: "replace header",
  g: "remove header (missing)",
  h: "get property request.path",
  i: "get property xds.route_name",
  j: "set property",
  k: "increment metric",
  l: "record histogram",
  m: "get shared data",
  n: "set shared data",
  o: "get log level",
  p: "log at trace (filtered out by the host)",
};

/** The same filter `COPIES` times; one VM, one plugin each. */
function copies(name: string, module: () => Promise<string>): Scenario {
  return {
    name,
    module,
    filters: (path) => Array.from({ length: COPIES }, (_, i) => wasmFilter(path, "", `wasm${i}`)),
    keys: KEYS,
    times: COPIES,
  };
}

export const CALL_SCENARIOS: Scenario[] = [
  { name: NO_FILTER, filters: () => [], keys: KEYS },
  copies(EMPTY_NO_CALLBACKS, () => fixture("empty")),
  copies(EMPTY_LEAN, () => fixture("empty-headers")),
  ...Object.keys(CALLBACKS).map((name) => copies(`only ${name}`, () => callbackFixture(name))),
  {
    name: "no host call",
    module: () => fixture("calls"),
    filters: (module) => [wasmFilter(module, "-")],
    keys: KEYS,
  },
  ...Object.entries(HOST_CALLS).map(([letter, name]): Scenario => ({
    name,
    module: () => fixture("calls"),
    filters: (module) => [wasmFilter(module, letter)],
    keys: KEYS,
    times: TIMES,
  })),
];
