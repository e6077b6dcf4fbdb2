import {
  createHost,
  LoadError,
  upstream,
  type Host,
  type Json,
  type LogLine,
  type ProfileName,
} from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

const modules: Record<string, string> = {};

beforeAll(async () => {
  modules["envoy"] = await buildPlugin("rules", "envoy");
  modules["higress"] = await buildPlugin("rules", "higress");
});

const CLUSTER = "outbound|80||api.dns";
const ROUTES = [
  { name: "chat", match: { prefix: "/chat" }, cluster: CLUSTER },
  { name: "chat-beta", match: { prefix: "/beta" }, cluster: "plain" },
  { name: "rest", cluster: "plain" },
];

interface Start {
  host: Host | null;
  /** Level and text of the lines of the last start. */
  lines: string[];
}

async function start(
  config: Json | Uint8Array,
  profile: ProfileName = "envoy-1.40",
): Promise<Start> {
  const lines = (logs: readonly LogLine[]) => logs.map(({ level, text }) => `${level} ${text}`);
  try {
    const host = await createHost({
      profile,
      plugins: [
        { wasm: modules[profile === "envoy-1.40" ? "envoy" : "higress"]!, name: "rules", config },
      ],
      clusters: { [CLUSTER]: upstream().reply(204), plain: upstream().reply(204) },
      routes: ROUTES,
      lifecycle: "single",
      logLevel: "trace",
    });
    return { host, lines: lines(host.logs) };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { host: null, lines: lines(error.logs) };
  }
}

/** The name of the configuration that holds for a request; `off` when the plugin is inert. */
async function chosen(host: Host, path: string, authority = "other.test"): Promise<string> {
  const answer = await host.fetch(path, { headers: { ":authority": authority } });
  return answer.status === 204 ? "off" : answer.text();
}

async function chosenWith(config: Json, path: string, authority?: string): Promise<string> {
  const { host, lines } = await start(config);
  if (host === null) return `refused: ${lines.at(-2)}`;
  await using open = host;
  return await chosen(open, path, authority);
}

const NAME = "[rules] [nil] [nil]";
const FAILED = `error ${NAME} plugin start failed`;
const NO_KEY =
  "there is at least one of  '_match_route_', '_match_domain_', '_match_service_' and '_match_route_prefix_' can present in configuration.";
const NO_RULES = "parse config failed, no valid rules; global config parse error:";
const refused = (reason: string) => [`warn ${NAME} parse rule config failed: ${reason}`, FAILED];

describe("a configuration is read in Higress's steps, with its log lines", () => {
  const GLOBAL = `debug ${NAME} global config`;
  const RULE = `debug ${NAME} domain/route config`;
  const OK = `info ${NAME} plugin start successfully`;
  const rule = { _match_route_: ["chat"], name: "r" };
  const ONE = JSON.stringify([rule]);
  const raw = (text: string) => new TextEncoder().encode(text);

  const CASES: [what: string, config: Json | Uint8Array, lines: string[]][] = [
    ["a global part", { name: "g" }, [GLOBAL, OK]],
    ["a global part and rules", { name: "g", _rules_: [rule] }, [GLOBAL, RULE, OK]],
    ["rules alone", { _rules_: [rule, rule] }, [RULE, RULE, OK]],
    ["one rule that is no list", { _rules_: rule }, [RULE, OK]],
    ["a list of no rules", { _rules_: [] }, refused(`${NO_RULES}<nil>`)],
    ["null for rules", { _rules_: null }, refused(`${NO_RULES}<nil>`)],
    ["rules twice: the first", raw(`{"_rules_":${ONE},"_rules_":[]}`), [RULE, OK]],
    ["rules twice: no others", raw(`{"_rules_":[],"_rules_":${ONE}}`), refused(`${NO_RULES}<nil>`)],
    ["no rules and a global part", { name: "g", _rules_: [] }, [GLOBAL, OK]],
    [
      "nothing at all",
      raw(""),
      [
        `warn ${NAME} config is empty, but has ParseConfigFunc`,
        GLOBAL,
        ...refused("name: is missing"),
      ],
    ],
    ["an empty object", {}, [GLOBAL, ...refused("name: is missing")]],
    ["a list", [1, 2], [GLOBAL, ...refused("name: is missing")]],
    ["a text", raw('"name"'), [GLOBAL, ...refused("name: is missing")]],
    ["a wrong global part", { x: 1 }, [GLOBAL, ...refused(`${NO_RULES}name: is missing`)]],
    [
      "a wrong global part and no rules",
      { x: 1, _rules_: [] },
      [GLOBAL, ...refused(`${NO_RULES}name: is missing`)],
    ],
    [
      "a wrong global part and rules",
      { x: 1, _rules_: [rule] },
      [
        GLOBAL,
        `error ${NAME} global config is refused, only rules apply: name: is missing`,
        RULE,
        OK,
      ],
    ],
    [
      "a plugin that insists on it",
      { insist: true, _rules_: [rule] },
      [GLOBAL, ...refused("insisted: name: is missing")],
    ],
    [
      "a wrong rule",
      { name: "g", _rules_: [rule, { _match_route_: "a" }, rule] },
      [GLOBAL, RULE, RULE, ...refused("_rules_[1].name: is missing")],
    ],
    [
      "a rule without match",
      { name: "g", _rules_: [{ name: "r" }] },
      [GLOBAL, RULE, ...refused(NO_KEY)],
    ],
    [
      "a rule with empty matches",
      { _rules_: [{ _match_route_: [""], _match_service_: [], _match_domain_: null, name: "r" }] },
      [RULE, ...refused(NO_KEY)],
    ],
    ["a rule that is no object", { _rules_: [1] }, [RULE, ...refused(NO_KEY)]],
    ["a plugin that refuses the document", { name: "g", prepare: "never" }, refused("never")],
    [
      "a null without a reason",
      { name: "g", nothing: true },
      [GLOBAL, ...refused(`${NO_RULES}refused`)],
    ],
    [
      "a rule that is null without a reason",
      { _rules_: [{ ...rule, nothing: true }] },
      [RULE, ...refused("refused")],
    ],
  ];
  for (const [what, config, lines] of CASES) {
    it(what, async () => {
      const started = await start(config);
      await started.host?.close();
      expect(started.lines).toEqual(lines);
      expect(started.host === null).toBe(lines.at(-1) === FAILED);
    });
  }

  it("a text that is no JSON, without showing it", async () => {
    const { host, lines } = await start(raw('{"name":"sk-secret"'));
    expect(host).toBeNull();
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn \[rules\] \[nil\] \[nil\] the plugin configuration is not a valid json: 19 bytes$/,
      ) as string,
    ]);
  });

  it("_plugin_id_ names the instance in every line, and does not count as a field", async () => {
    const named = await start({ _plugin_id_: "p7", name: "g" });
    await named.host?.close();
    expect(named.lines.at(-1)).toBe("info [rules] [p7] [nil] plugin start successfully");
    const only = await start({ _plugin_id_: "p7" });
    expect(only.lines.at(-2)).toBe(
      "warn [rules] [p7] [nil] parse rule config failed: name: is missing",
    );
    const rules = await start({ _plugin_id_: "p7", _rules_: [] });
    expect(rules.lines.at(-2)).toContain(`${NO_RULES}<nil>`);
    const empty = await start({ _plugin_id_: "" });
    expect(empty.lines.at(-2)).toBe(refused(`${NO_RULES}name: is missing`)[0]);
  });
});

describe("the first rule that matches decides", () => {
  const rules: Json = {
    name: "g",
    _rules_: [
      { _match_route_: ["chat"], _match_service_: ["nobody.dns"], name: "route+service" },
      { _match_route_: ["chat", "other"], name: "route" },
      { _match_route_prefix_: ["chat"], name: "prefix" },
      { _match_domain_: ["*.a.test", "b.test"], name: "host" },
      { _match_service_: ["api.dns:80"], name: "service" },
      { _match_service_: ["plain"], _match_domain_: ["c.test"], name: "host, not service" },
    ],
  };

  for (const profile of ["envoy-1.40", "higress-2.1", "higress-2.2"] as const) {
    it(`in ${profile}`, async () => {
      const { host } = await start(rules, profile);
      await using open = host!;
      expect(await chosen(open, "/chat")).toBe("route/g");
      expect(await chosen(open, "/beta")).toBe("prefix/g");
      expect(await chosen(open, "/x", "W.A.Test:80")).toBe("host/g");
      expect(await chosen(open, "/x", "b.test")).toBe("host/g");
      expect(await chosen(open, "/x", "c.test")).toBe("host, not service/g");
      expect(await chosen(open, "/x")).toBe("g");
    });
  }

  it("a service decides where no route does", async () => {
    const config = { _rules_: [{ _match_service_: ["api.dns"], name: "s" }] };
    expect(await chosenWith(config, "/chat")).toBe("s");
    expect(await chosenWith(config, "/x")).toBe("off");
  });

  it.each(["_match_route_", "_match_route_prefix_", "_match_service_"])(
    "an empty text in %s matches nothing",
    async (key) => {
      const good = key === "_match_service_" ? "api.dns" : "chat";
      expect(await chosenWith({ _rules_: [{ [key]: ["", good], name: "r" }] }, "/chat")).toBe("r");
      expect(await chosenWith({ _rules_: [{ [key]: ["", good], name: "r" }] }, "/x")).toBe("off");
      expect(await chosenWith({ _rules_: [{ [key]: [""], name: "r" }] }, "/x")).toContain(NO_KEY);
    },
  );

  it("without a match and without a global part the plugin is off", async () => {
    const config = { _rules_: [{ _match_route_: ["nowhere"], name: "r" }] };
    expect(await chosenWith(config, "/chat")).toBe("off");
  });

  it("a rule does without a global part, or with what stands in for a refused one", async () => {
    const rule = { _match_route_: ["chat"], name: "r" };
    expect(await chosenWith({ _rules_: [rule] }, "/chat")).toBe("r");
    expect(await chosenWith({ x: 1, _rules_: [rule] }, "/chat")).toBe("r");
    expect(await chosenWith({ x: 1, _rules_: [rule] }, "/x")).toBe("off");
    expect(await chosenWith({ fallback: "f", _rules_: [rule] }, "/chat")).toBe("r/f");
    expect(await chosenWith({ fallback: "f", _rules_: [rule] }, "/x")).toBe("f");
  });

  it("a disabled rule switches the plugin off, needs no fields, and is no error", async () => {
    const off = { _match_route_: ["chat"], _disable_: true };
    const config = { name: "g", _rules_: [off, { _match_route_: ["chat"], name: "r" }] };
    expect(await chosenWith(config, "/chat")).toBe("off");
    expect(await chosenWith(config, "/x")).toBe("g");
    expect(await chosenWith({ ...config, off: "open" }, "/chat")).toBe("open");
    const words = { name: "g", _rules_: [{ ...off, _disable_: "false", name: "r" }] };
    expect(await chosenWith(words, "/chat")).toBe("r/g");
    expect(await chosenWith({ name: "g", _rules_: [{ _disable_: true }] }, "/chat")).toContain(
      NO_KEY,
    );
  });
});

describe("of several match keys in one rule the strongest counts alone", () => {
  /** What a request must have for each key: route chat, host a.test, service api.dns. */
  const KEYS = {
    route: ["_match_route_", "chat", "nowhere"],
    service: ["_match_service_", "api.dns", "nobody"],
    host: ["_match_domain_", "a.test", "b.test"],
    prefix: ["_match_route_prefix_", "ch", "no"],
  } as const;
  type Key = keyof typeof KEYS;
  const ORDER: Record<string, Key[]> = {
    go: ["host", "service", "prefix"],
    cpp: ["prefix", "service", "host"],
  };
  const names = Object.keys(KEYS) as Key[];

  for (const [framework, order] of Object.entries(ORDER)) {
    it(`in the order of the ${framework} framework`, async () => {
      const rules: Record<string, Json>[] = [];
      const expected: boolean[] = [];
      for (let present = 1; present < 16; present++) {
        const keys = names.filter((_, i) => present & (1 << i));
        for (let right = 0; right < 16; right++) {
          const isRight = (key: Key) => (right & (1 << names.indexOf(key))) !== 0;
          if (right & ~present) continue;
          const rule: Record<string, Json> = { name: "hit" };
          for (const key of keys) rule[KEYS[key][0]] = [isRight(key) ? KEYS[key][1] : KEYS[key][2]];
          rules.push(rule);
          const deciding = keys.includes("route")
            ? (["route", "service"] as Key[]).filter((key) => keys.includes(key))
            : [order.find((key) => keys.includes(key))!];
          expected.push(deciding.every(isRight));
        }
      }
      expect(rules).toHaveLength(80);
      for (const [i, rule] of rules.entries()) {
        const config = { cpp: framework === "cpp", name: "miss", _rules_: [rule] };
        const found = await chosenWith(config, "/chat", "a.test");
        expect(found, `${framework} ${JSON.stringify(rule)}`).toBe(
          expected[i] ? "hit/miss" : "miss",
        );
      }
    });
  }
});

it("each plugin instance of a VM has its own rules and its own name in the log", async () => {
  await using host = await createHost({
    plugins: ["one", "two"].map((name) => ({
      wasm: modules["envoy"]!,
      name,
      vmId: "shared",
      config: {
        _plugin_id_: name,
        name,
        _rules_: [{ _match_route_: [name === "one" ? "chat" : "rest"], _disable_: true }],
      },
    })),
    clusters: { [CLUSTER]: upstream().reply(204), plain: upstream().reply(204) },
    routes: ROUTES,
  });
  expect(await chosen(host, "/chat")).toBe("two");
  expect(await chosen(host, "/x")).toBe("one");
  expect(host.logs.map(({ text }) => text.slice(0, 13))).toContain("[rules] [two]");
});
