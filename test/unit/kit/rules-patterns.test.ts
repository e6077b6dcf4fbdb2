import { beforeAll, expect, it } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/kit/driver/config.ts");
});

const matches = (operation: string, pattern: string, value: string): boolean =>
  run(operation, [], pattern, value)!.toString() === "true";

it("a host pattern is exact, a suffix or a prefix; case and port do not matter", () => {
  const cases: [pattern: string, authority: string, expected: boolean][] = [
    ["a.com", "a.com", true],
    ["a.com", "A.COM:8443", true],
    ["A.Com", "a.com", true],
    ["a.com", "b.a.com", false],
    ["a.com", "a.com.", false],
    ["*.a.com", "b.a.com", true],
    ["*.a.com", "c.b.A.com:1", true],
    ["*.a.com", "a.com", false],
    ["*.a.com", "xa.com", false],
    ["*a.com", "xa.com", true],
    ["*a.com", "a.com", true],
    ["*", "", true],
    ["*", "anything:1", true],
    ["a.*", "a.com", true],
    ["a.*", "a.", true],
    ["a.*", "b.com", false],
    ["a*b", "axb", false],
    ["", "", true],
    ["", ":80", true],
    ["", "a.com", false],
    ["a.com:80", "a.com:80", false],
    ["[::1]", "[::1]", true],
    ["[::1]", "[::1]:8080", true],
    ["[2001:DB8::1]", "[2001:db8::1]:443", true],
    ["[::2]", "[::1]:8080", false],
    ["10.0.0.1", "10.0.0.1:80", true],
    ["é.test", "é.test", true],
  ];
  for (const [pattern, authority, expected] of cases) {
    expect(matches("host", pattern, authority), `${pattern} ${authority}`).toBe(expected);
  }
});

it("a service pattern names a service of Istio, or a whole cluster of plain Envoy", () => {
  const istio = "outbound|8080|v1|api.default.svc.cluster.local";
  const cases: [pattern: string, cluster: string, expected: boolean][] = [
    ["api.default.svc.cluster.local", istio, true],
    ["api.default.svc.cluster.local:8080", istio, true],
    ["api.default.svc.cluster.local:80", istio, false],
    ["api.default.svc.cluster.local:", istio, false],
    ["api.default", istio, false],
    ["API.default.svc.cluster.local", istio, false],
    ["v1", istio, false],
    [istio, istio, false],
    ["llm.dns", "outbound|443||llm.dns", true],
    ["llm.dns:443", "outbound|443||llm.dns", true],
    ["a:b", "outbound|80||a:b", true],
    ["a:b:80", "outbound|80||a:b", true],
    ["a:b:81", "outbound|80||a:b", false],
    ["a:80", "outbound|80||a:b", false],
    ["backend", "backend", true],
    ["backend:80", "backend", false],
    ["backend:80", "backend:80", true],
    ["a|b|c", "a|b|c", true],
    ["d", "a|b|c|d|e", false],
    ["a|b|c|d|e", "a|b|c|d|e", true],
    ["backend", "", false],
    ["[fd00::1]:443", "outbound|443||[fd00::1]", true],
    ["[fd00::1]:80", "outbound|443||[fd00::1]", false],
  ];
  for (const [pattern, cluster, expected] of cases) {
    expect(matches("service", pattern, cluster), `${pattern} ${cluster}`).toBe(expected);
  }
});
