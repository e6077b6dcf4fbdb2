import type { Host, PluginOptions } from "proxy-wasm-test";
import { modelGateway, modelPlugin } from "../model-gateway.js";

/** A configuration whose parts all do something. */
export const FULL = {
  modelToHeader: "x-model",
  addProviderHeader: "x-provider",
  enableOnPathSuffix: ["*"],
  modelMapping: { "map-*": "mapped-*" },
  autoRouting: { enable: true, defaultModel: "auto", rules: [{ pattern: "a+b", model: "ab" }] },
  split: {
    responseHeader: "x-variant",
    rules: [
      {
        name: "r",
        match: { models: ["chat"] },
        sticky: { by: ["body:user", "header:x-user", "cookie:sid"], salt: "r1-canary" },
        variants: [
          { name: "openai", weight: 90, model: "openai/gpt-4o" },
          { name: "deepseek", weight: 10, model: "deepseek/r1" },
        ],
      },
    ],
  },
};

export function modelRouter(config: object = FULL): PluginOptions {
  return modelPlugin("model-router", config);
}

/** A gateway with model-router before an upstream `backend` that answers 200 `ok`. */
export function gateway(config: object = FULL): Promise<Host> {
  return modelGateway(modelRouter(config));
}
