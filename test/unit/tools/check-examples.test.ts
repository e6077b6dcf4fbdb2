import { describe, expect, it } from "vitest";
import { examplesIn } from "../../../build/tools/check-examples.js";

describe("configurations in a document", () => {
  it("are found in a WasmPlugin of Higress, with its rules", () => {
    const yaml = `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: { name: a }
spec:
  defaultConfig: { x: 1 }
  matchRules:
    - { ingress: [r], domain: [d], config: { x: 2 } }`;
    const _rules_ = [{ _match_route_: ["r"], _match_domain_: ["d"], x: 2 }];
    expect(examplesIn(yaml, null)).toEqual([{ plugin: "a", configuration: { x: 1, _rules_ } }]);
  });

  it.each([
    [
      "Istio",
      "apiVersion: extensions.istio.io/v1alpha1\nmetadata: { name: a }\nspec: { pluginConfig: { x: 1 } }",
    ],
    [
      "Envoy Gateway",
      "apiVersion: gateway.envoyproxy.io/v1alpha1\nspec: { wasm: [{ name: a, config: { x: 1 } }] }",
    ],
    [
      "plain Envoy",
      `- typed_config: { config: { name: a, configuration: { value: '{ "x": 1 }' } } }`,
    ],
  ])("are found in a resource of %s", (_gateway, yaml) => {
    expect(examplesIn(yaml, null)).toEqual([{ plugin: "a", configuration: { x: 1 } }]);
  });

  it("stand alone only where they belong to one plugin", () => {
    expect(examplesIn("x: 1", "a")).toEqual([{ plugin: "a", configuration: { x: 1 } }]);
    expect(examplesIn("x: 1", null)).toEqual([]);
  });

  it("may leave out the digits of a hash", () => {
    const [example] = examplesIn('hash: "sha256:<64 hex digits>"', "a");
    expect(example?.configuration).toEqual({ hash: `sha256:${"a".repeat(64)}` });
  });
});
