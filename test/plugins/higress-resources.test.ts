import { readFileSync } from "node:fs";
import { createHost, upstream, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { examplesIn } from "../../build/tools/check-examples.js";
import { foldersIn } from "../../build/tools/files.js";

// WasmPlugin resources as users have them: the controller turns rules and defaults into one
// document, which the module of the Higress build takes.

/** A gateway with the plugin of a resource. */
function start(resource: string, routes: string[] = []): Promise<Host> {
  const [example] = examplesIn(resource, null);
  const { plugin, configuration } = example!;
  return createHost({
    profile: "higress-2.2",
    lifecycle: "single",
    plugins: [
      { name: plugin, wasm: `build/higress/${plugin}.wasm`, config: JSON.stringify(configuration) },
    ],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    routes: [
      ...routes.map((name) => ({ name, match: { prefix: `/${name}` }, cluster: "backend" })),
      { cluster: "backend" },
    ],
  });
}

test.each(foldersIn("plugins"))("plugins/%s/plugin.yaml is taken", async (plugin) => {
  const host = await start(readFileSync(`plugins/${plugin}/plugin.yaml`, "utf8"));
  expect(host.logs.map(({ text }) => text).join("\n")).toContain("plugin start successfully");
  await host.close();
});

test.each(["README.md", "README_ZH.md"])("the resource of %s is taken", async (file) => {
  const [, resource] = /^```yaml\n(apiVersion: extensions\.higress\.io[\s\S]*?)^```$/m.exec(
    readFileSync(file, "utf8"),
  )!;
  const host = await start(resource!, ["chat"]);
  expect((await host.fetch("/chat")).status).toBe(401);
  expect((await host.fetch("/else")).status).toBe(200);
  await host.close();
});

/** Forms of Higress's documentation: defaults, rules by ingress and by domain. */
const BY_RULES = `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: key-auth
  namespace: higress-system
spec:
  url: oci://registry.example.com/plugins/key-auth:2.0.0
  phase: AUTHN
  priority: 310
  defaultConfig:
    consumers:
    - credential: 2bda943c-ba2b-11ec-ba07-00163e1250b5
      name: consumer1
    - credential: c8c8e9ca-558e-4a2d-bb62-e700dcc40e35
      name: consumer2
    keys:
    - apikey
    in_query: true
  matchRules:
  - ingress:
    - route-a
    - route-b
    config:
      allow:
      - consumer1
  - domain:
    - "*.example.com"
    - test.com
    config:
      allow:
      - consumer2
`;

describe("a resource of Higress's key-auth, unchanged", () => {
  const FIRST = "?apikey=2bda943c-ba2b-11ec-ba07-00163e1250b5";
  const SECOND = "?apikey=c8c8e9ca-558e-4a2d-bb62-e700dcc40e35";
  test.each([
    ["hello.com", `/route-a${FIRST}`, 200],
    ["hello.com", `/route-b${FIRST}`, 200],
    ["hello.com", `/route-a${SECOND}`, 403],
    ["hello.com", "/route-a", 401],
    ["www.example.com", `/${SECOND}`, 200],
    ["test.com", `/${SECOND}`, 200],
    ["test.com", `/${FIRST}`, 403],
    ["hello.com", "/", 200],
  ])("%s%s is answered %i", async (authority, path, status) => {
    const host = await start(BY_RULES, ["route-a", "route-b"]);
    expect((await host.fetch(`http://${authority}${path}`)).status).toBe(status);
    await host.close();
  });
});
