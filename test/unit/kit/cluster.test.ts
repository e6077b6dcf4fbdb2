import { beforeAll, expect, it } from "vitest";
import { loadPure, type Run } from "./load.js";

let run: Run;

beforeAll(async () => {
  run = await loadPure();
});

// kind, arguments, cluster name, host name (contracts: host.md 5.6)
const CASES: [kind: string, args: string[], name: string, host: string][] = [
  ["fqdn", ["llm.dns", "443", ""], "outbound|443||llm.dns", "llm.dns"],
  ["fqdn", ["redis.static", "80", "r.test"], "outbound|80||redis.static", "r.test"],
  [
    "kubernetes",
    ["svc", "prod", "8080", "v1", ""],
    "outbound|8080|v1|svc.prod.svc.cluster.local",
    "svc.prod.svc.cluster.local",
  ],
  [
    "kubernetes",
    ["svc", "", "80", "", ""],
    "outbound|80||svc.default.svc.cluster.local",
    "svc..svc.cluster.local",
  ],
  ["kubernetes", ["svc", "", "80", "", "h"], "outbound|80||svc.default.svc.cluster.local", "h"],
  ["fixed", ["ip", "80", ""], "outbound|80||ip.static", "ip"],
  ["fixed", ["ip", "80", "h.test"], "outbound|80||ip.static", "h.test"],
  ["dns", ["api", "443", "api.example"], "outbound|443||api.dns", "api.example"],
  [
    "nacos",
    ["svc", "8848", "", "", "public", "", ""],
    "outbound|8848||svc.DEFAULT-GROUP.public.nacos",
    "svc",
  ],
  [
    "nacos",
    ["svc", "80", "v2", "MY_NEW_GROUP", "ns", "ext", "h"],
    "outbound|80|v2|svc.MY-NEW-GROUP.ns.nacos-ext",
    "h",
  ],
  ["consul", ["svc", "dc1", "80", ""], "outbound|80||svc.dc1.consul", "svc"],
  ["literal", ["my_cluster", "h"], "my_cluster", "h"],
  ["literal", ["my_cluster", ""], "my_cluster", ""],
];

it.each(CASES)("a cluster of kind %s with %j is %s, host %s", (kind, args, name, host) => {
  expect(String(run(kind, ...args))).toBe(`${name} ${host}`);
});
