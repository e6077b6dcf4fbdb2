import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createKey, isGatewayKey, yamlOf } from "../../../build/tools/new-key.js";

const NOW = new Date("2026-10-15T00:00:00Z");

describe("npm run key", () => {
  it("makes a key of prefix, 32 random characters and a checksum", () => {
    const { key } = createKey({ prefix: "team" });
    expect(key).toMatch(/^team_[0-9A-Za-z]{38}$/);
    expect(isGatewayKey(key)).toBe(true);
  });

  it("never makes the same key twice", () => {
    const keys = new Set(Array.from({ length: 1000 }, () => createKey().key));
    expect(keys.size).toBe(1000);
  });

  it("uses every character of base 62 about equally", () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      for (const c of createKey().key.slice(3, 35)) seen.set(c, (seen.get(c) ?? 0) + 1);
    }
    expect(seen.size).toBe(62);
    // 32 000 characters, 516 expected each; six standard deviations are ± 136.
    expect(Math.min(...seen.values())).toBeGreaterThan(380);
    expect(Math.max(...seen.values())).toBeLessThan(652);
  });

  it("has a checksum that a single wrong character breaks", () => {
    const { key } = createKey();
    for (let at = 3; at < key.length; at++) {
      const other = key.charAt(at) === "a" ? "b" : "a";
      expect(isGatewayKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
  });

  it("stores the SHA-256 of the key and names it after the digest", () => {
    const { key, entry } = createKey();
    const digest = createHash("sha256").update(key).digest("hex");
    expect(entry).toEqual({ id: digest.slice(0, 8), hash: `sha256:${digest}` });
  });

  it("stores an HMAC when a pepper is given", () => {
    const { key, entry } = createKey({ pepper: "salt mine", id: "k-1" });
    const digest = createHmac("sha256", "salt mine").update(key).digest("hex");
    expect(entry).toEqual({ id: "k-1", hash: `hmac-sha256:${digest}` });
  });

  it.each([
    ["2027-01-01", "2027-01-01T00:00:00Z"],
    ["2027-01-01T02:00:00+02:00", "2027-01-01T00:00:00Z"],
    ["90d", "2027-01-13T00:00:00Z"],
  ])("understands the expiry %s", (expires, expected) => {
    expect(createKey({ expires }, NOW).entry.expires_at).toBe(expected);
  });

  it.each([
    [{ expires: "soon" }, "write 2027-01-01"],
    [{ expires: "2026-10-14" }, "is in the past"],
    [{ prefix: "a b" }, "letters, digits"],
    [{ prefix: "" }, "letters, digits"],
    [{ pepper: "" }, "the pepper is empty"],
  ])("refuses %o", (options, message) => {
    expect(() => createKey(options, NOW)).toThrow(message);
  });

  it("prints YAML that reads back as the entry, as text even where it looks like a date", () => {
    const made = createKey({ expires: "90d", id: "2026" }, NOW);
    expect(parse(yamlOf(made), { version: "1.1" })).toEqual([made.entry]);
  });

  it("prints a whole consumer when its name is known, without the key", () => {
    const made = createKey({ consumer: "team-a" });
    expect(parse(yamlOf(made))).toEqual([{ name: "team-a", api_keys: [made.entry] }]);
    expect(yamlOf(made)).not.toContain(made.key);
  });
});
