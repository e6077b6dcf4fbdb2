import { upstream, type ClientResponse, type Host } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { tag, trafficTag } from "./support";

const USERS = ["alice", "bob", "carol", ""];

const ofUser = (name: string) =>
  tag(name, {
    logic: "and",
    conditions: [{ conditionType: "header", key: "x-user", operator: "equal", value: name }],
  });

function isTaggedAlone(host: Host, _answers: readonly (ClientResponse | null)[]): void {
  for (const { headers } of host.clusters["backend"]!.requests) {
    const sent = new Map(headers);
    expect(sent.get("x-tag")).toBe(sent.get("x-user") || "nobody");
  }
}

// The tag of one request must never be that of another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: [
      trafficTag({
        conditionGroups: USERS.filter((name) => name !== "").map(ofUser),
        defaultTagKey: "x-tag",
        defaultTagVal: "nobody",
      }),
    ],
    clusters: { backend: upstream().reply(200, { chunks: ["o", "k"] }) },
  }),
  requests: USERS.map((user) => ({
    target: "http://a.test/v1/chat/completions",
    headers: { "x-user": user },
    chunks: ["{", "}"],
  })),
  check: isTaggedAlone,
});
