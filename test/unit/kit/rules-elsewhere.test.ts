import { createHost, upstream } from "proxy-wasm-test";
import { expect, it } from "vitest";
import { buildPlugin } from "./build.js";

it("a rule holds for its route on the other gateway, too, which has another name for the name", async () => {
  const config = { name: "g", _rules_: [{ _match_route_: ["chat"], name: "r" }] };
  await using host = await createHost({
    plugins: [{ wasm: await buildPlugin("rules", "higress"), name: "rules", config }],
    clusters: { plain: upstream().reply(204) },
    routes: [{ name: "chat", match: { prefix: "/chat" }, cluster: "plain" }, { name: "rest", cluster: "plain" }], // prettier-ignore
    lifecycle: "single",
    strict: { S21: "off", S26: "off", S27: "off" },
  });
  expect((await host.fetch("/chat")).text()).toBe("r/g");
  expect((await host.fetch("/rest")).text()).toBe("g");
});
