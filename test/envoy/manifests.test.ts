import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnvoyExtensionPolicy } from "@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1";
import { WasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1";
import { parse } from "yaml";
import { buildPlugins, pluginNames } from "../../build/tools/build.js";
import { CHAIN } from "../../build/tools/chain.js";
import { startGateway } from "./gateway.js";

// What the documents tell users to attach, as it stands: an Envoy starts with it, or the schema of
// its controller accepts it.

const LIMIT = 300_000;
const PLUGINS = pluginNames();

let model: Server;
beforeAll(async () => {
  await buildPlugins([...PLUGINS, CHAIN.name], ["envoy"]);
  model = createServer((request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify(request.headers)));
  });
  await new Promise<void>((ready) => model.listen(0, "127.0.0.1", ready));
}, LIMIT);
afterAll(() => {
  model.closeAllConnections();
  model.close();
});

/** By the schemas of their resources; `never`: what a document has is for them to judge. */
const CONTROLLERS: [version: string, check: (resource: never) => void][] = [
  ["extensions.istio.io/v1alpha1", (resource) => new WasmPlugin(resource).validate()],
  ["gateway.envoyproxy.io/v1alpha1", (resource) => new EnvoyExtensionPolicy(resource).validate()],
];
const KEY = "gw_a-key-of-team-a";

/** The document with what a user puts in: the modules are those of this tree, the hash is that of `KEY`. */
function filled(yaml: string): unknown {
  const modules = yaml.replaceAll("/etc/envoy/", `${resolve("build/envoy")}/`);
  const hash = createHash("sha256").update(KEY).digest("hex");
  return parse(modules.replace(/<64 [^>]*>/, hash).replace(/<[^>]*SHA-256[^>]*>/, hash));
}

/** A filter of a document. */
interface Wasm {
  typed_config: { config: { configuration: { value: string } } };
}

/** Starts an Envoy with these filters alone. */
function startWith(filters: object[]): ReturnType<typeof startGateway> {
  const router = {
    name: "envoy.filters.http.router",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    },
  };
  const { port } = model.address() as AddressInfo;
  const manager = { http_filters: [...filters, router] };
  return startGateway({ plugins: [], upstreamPort: port, manager });
}

/** Code blocks of the main README that have `word` in them. */
function blocksOf(file: string, word: string): string[] {
  const blocks = [...readFileSync(file, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, code]) => code ?? "").filter((code) => code.includes(word));
}

test.each(PLUGINS)(
  "an Envoy starts with plugins/%s/envoy.yaml",
  { timeout: LIMIT },
  async (name) => {
    const filters = filled(readFileSync(`plugins/${name}/envoy.yaml`, "utf8")) as object[];
    expect(filters).toHaveLength(1);
    const { envoy, url } = await startWith(filters);
    try {
      expect(envoy.log.map(({ text }) => text).join("\n")).toContain("plugin start successfully");
      const { status } = await fetch(`${url}/`, { signal: AbortSignal.timeout(10_000) });
      expect(status).toBeLessThan(500);
    } finally {
      await envoy.stop();
    }
  },
);

describe.each(["README.md", "README_ZH.md"])("%s", (file) => {
  test("has a filter that lets its own key in, and no other", { timeout: LIMIT }, async () => {
    const [yaml] = blocksOf(file, "envoy.filters.http.wasm.key-auth");
    const { envoy, url } = await startWith(filled(yaml!) as object[]);
    const ask = (key: string) => fetch(`${url}/`, { headers: { authorization: `Bearer ${key}` } });
    try {
      expect((await fetch(`${url}/`)).status).toBe(401);
      expect((await ask("gw_another")).status).toBe(403);
      const answer = await ask(KEY);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ "x-mse-consumer": "team-a" });
    } finally {
      await envoy.stop();
    }
  });

  test("has a filter of a module that others share", { timeout: LIMIT }, async () => {
    const [apart] = filled(blocksOf(file, "envoy.filters.http.wasm.key-auth")[0]!) as [Wasm];
    const [block = ""] = blocksOf(file, "vm_id: chain");
    const filters = CHAIN.plugins.slice(0, 2).map((plugin) => {
      const text = block.replaceAll("key-auth", plugin).replace(/configuration: … #.*/, "");
      const [filter] = filled(text) as [Wasm];
      const config = apart.typed_config.config.configuration;
      const value = plugin === "key-auth" ? config.value : '{"modelToHeader":"x-model"}';
      filter.typed_config.config.configuration = { ...config, value };
      return filter;
    });
    const { envoy, url } = await startWith(filters);
    const ask = (key: string) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      return fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers,
        body: '{"model":"m1"}',
      });
    };
    try {
      expect((await ask("gw_another")).status).toBe(403);
      const answer = await ask(KEY);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ "x-mse-consumer": "team-a", "x-model": "m1" });
    } finally {
      await envoy.stop();
    }
  });

  test("has resources that Istio and Envoy Gateway accept", () => {
    for (const [version, check] of CONTROLLERS) {
      const blocks = blocksOf(file, version);
      expect(blocks).not.toHaveLength(0);
      for (const block of blocks) expect(() => check(filled(block) as never)).not.toThrow();
    }
  });
});
