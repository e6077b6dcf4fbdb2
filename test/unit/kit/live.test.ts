import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "../sdk/build.js";
import { RawHost } from "../sdk/raw-host.js";

const DRIVER = "test/unit/kit/driver/live.ts";
let whole: string;
let isolating: string;

beforeAll(async () => {
  whole = await buildPlugin(DRIVER);
  isolating = await buildPlugin(DRIVER, { defines: ["ISOLATING"] });
});

interface Rule {
  domain?: string[];
  name?: string;
}

const configuration = (name: string | undefined, ...rules: Rule[]): string =>
  JSON.stringify({
    name,
    _rules_: rules.map(({ domain, ...rule }) => ({ _match_domain_: domain, ...rule })),
  });

/** A gateway with one VM and however many roots. */
class Gateway {
  readonly host: RawHost;
  private nextStream = 100;

  constructor(wasm: string) {
    this.host = new RawHost(wasm);
    this.host.header = ":authority";
    this.host.property = "plugin";
  }

  /** The lines of warnings and errors, without the plugin's name; null: refused. */
  configure(root: number, text: string): string[] | null {
    const { host } = this;
    if (!host.contexts.has(root)) {
      host.contexts.add(root);
      host.call("proxy_on_context_create", root, 0);
      host.call("proxy_on_vm_start", root, 0);
    }
    host.take();
    host.configuration = text;
    const accepted = host.call("proxy_on_configure", root, text.length) === 1;
    const lines = host.take().map((line) => line.replace("[live] [nil] [plugin] ", ""));
    return accepted ? lines.filter((line) => !/config$|successfully$/.test(line)) : null;
  }

  /** Begins a stream of `root`; answers its id. */
  begin(root: number, authority: string): number {
    const id = this.nextStream++;
    this.host.value = authority;
    this.host.call("proxy_on_context_create", id, root);
    this.host.call("proxy_on_request_headers", id, 0, 1);
    return id;
  }

  /** The name of the configuration that a new stream gets; null: none. */
  chosen(root: number, authority: string): string | null {
    this.host.take();
    const id = this.begin(root, authority);
    return this.host.take()[0]?.replace(`stream ${id} `, "") ?? null;
  }

  /** What a stream says in a later callback. */
  later(id: number): string | undefined {
    this.host.take();
    this.host.call("proxy_on_response_headers", id, 0, 1);
    return this.host.take()[0];
  }
}

describe("a plugin that is configured anew while requests run", () => {
  const OLD = configuration(
    "old",
    { domain: ["a.test"], name: "old a" },
    { domain: ["b.test"], name: "old b" },
  );
  const NEW = configuration("new", { domain: ["a.test"], name: "new a" });

  it.each([
    ["a new root beside the old one, as gateways do", 2],
    ["the same root again", 1],
  ])("by %s: rules are replaced, streams keep theirs", (_how, root) => {
    const gateway = new Gateway(whole);
    expect(gateway.configure(1, OLD)).toEqual([]);
    const streams = ["a.test", "b.test", "c.test"].map((host) => gateway.begin(1, host));
    expect(gateway.configure(root, NEW)).toEqual([]);
    expect(gateway.chosen(root, "a.test")).toBe("new a");
    expect(gateway.chosen(root, "b.test")).toBe("new");
    expect(streams.map((id) => gateway.later(id))).toEqual(
      streams.map((id, i) => `stream ${id} ${["old a", "old b", "old"][i]}`),
    );
    if (root !== 1) expect(gateway.chosen(1, "b.test")).toBe("old b");
  });

  it.each([
    ["no JSON", "{"],
    ["a wrong global part", JSON.stringify({ name: "" })],
    ["a wrong rule behind a good one", configuration("new", { domain: ["a.test"], name: "new a" }, { domain: ["b.test"] })], // prettier-ignore
    ["a rule without a match key", configuration("new", { name: "new a" })],
  ])("what held goes on to hold when the new one is refused: %s", (_what, text) => {
    const gateway = new Gateway(whole);
    gateway.configure(1, OLD);
    expect(gateway.configure(1, text)).toBeNull();
    const hosts = ["a.test", "b.test", "c.test"];
    expect(hosts.map((host) => gateway.chosen(1, host))).toEqual(["old a", "old b", "old"]);
  });
});

describe("a domain rule for the empty host", () => {
  it("holds for requests without a host and no others", () => {
    const gateway = new Gateway(whole);
    gateway.configure(1, configuration("other", { domain: [""], name: "nobody" }));
    expect(["", ":80", "a.test"].map((host) => gateway.chosen(1, host))).toEqual([
      "nobody",
      "nobody",
      "other",
    ]);
    gateway.host.header = "x-other"; // no :authority at all
    expect(gateway.chosen(1, "a.test")).toBe("nobody");
  });

  it("is a rule of its own kind: not one without match keys", () => {
    const gateway = new Gateway(whole);
    expect(gateway.configure(1, configuration(undefined, { domain: [""], name: "n" }))).toEqual([]);
    expect(gateway.configure(2, configuration(undefined, { domain: [], name: "n" }))).toBeNull();
  });
});

describe("a plugin whose rules are refused one by one", () => {
  const A = { domain: ["a.test"], name: "a" };
  const B = { domain: ["b.test"], name: "b" };
  const WRONG_A = { domain: ["A.test"] };

  it("leaves out a wrong rule nobody knows a good form of; the line names it by its match key", () => {
    const gateway = new Gateway(isolating);
    const lines = gateway.configure(1, configuration("g", WRONG_A, B));
    expect(lines).toEqual(["rule cat:1|hosts:1:a.test is left out: _rules_[0].name: is missing"]);
    expect(["a.test", "b.test"].map((host) => gateway.chosen(1, host))).toEqual(["g", "b"]);
  });

  it("goes on with the form that was accepted last, from one root to the next", () => {
    const gateway = new Gateway(isolating);
    gateway.configure(1, configuration("g", A, B));
    for (let root = 2; root < 5; root++) {
      const lines = gateway.configure(root, configuration("g", B, WRONG_A));
      expect(lines).toEqual([
        "rule cat:1|hosts:1:a.test stays as it was: _rules_[1].name: is missing",
      ]);
      expect(gateway.chosen(root, "a.test")).toBe("a");
    }
    gateway.configure(5, configuration("g", { ...A, name: "a2" }));
    gateway.configure(6, configuration("g", WRONG_A));
    expect(gateway.chosen(6, "a.test")).toBe("a2");
  });

  it("knows a rule by its match keys, whatever their order", () => {
    const gateway = new Gateway(isolating);
    gateway.configure(
      1,
      configuration("g", { domain: ["*.c.test", "b*", "a.test"], name: "many" }),
    );
    const same = gateway.configure(2, configuration("g", { domain: ["a.test", "b*", "*.C.test"] }));
    expect(same).toEqual([
      "rule cat:1|hosts:0:b,1:a.test,2:.c.test stays as it was: _rules_[0].name: is missing",
    ]);
    // As suffix it is another rule.
    const other = gateway.configure(
      3,
      configuration("g", A, { domain: ["a.test", "*b", "*.c.test"] }),
    );
    expect(other?.[0]).toContain("is left out");
  });

  it("is refused when no rule is left, and with it what it had", () => {
    const gateway = new Gateway(isolating);
    expect(gateway.configure(1, configuration("g", WRONG_A))).toBeNull();
    gateway.configure(2, configuration("g", A));
    expect(
      gateway.configure(3, configuration("g", { domain: ["x"] }, { domain: ["y"] })),
    ).toBeNull();
    // What was refused is not remembered, what was accepted still is.
    expect(gateway.configure(4, configuration("g", B, { name: "no match key" }))).toBeNull();
    gateway.configure(5, configuration("g", WRONG_A, { domain: ["b.test"] }));
    expect([gateway.chosen(5, "a.test"), gateway.chosen(5, "b.test")]).toEqual(["a", "g"]);
  });

  it("forgets rules that the configuration has no more", () => {
    const gateway = new Gateway(isolating);
    gateway.configure(1, configuration("g", A, B));
    gateway.configure(2, configuration("g", B));
    expect(gateway.configure(3, configuration("g", B, WRONG_A))?.[0]).toContain("is left out");
  });

  it("shares nothing with another plugin of the same VM", () => {
    const gateway = new Gateway(isolating);
    gateway.configure(1, configuration("g", A, B));
    gateway.host.property = "another";
    gateway.configure(2, configuration("g", WRONG_A, B));
    expect(gateway.chosen(2, "a.test")).toBe("g");
  });
});
