import type { Host, PluginOptions } from "proxy-wasm-test";
import { modelGateway, modelPlugin } from "../model-gateway.js";

export const FINAL = "x-higress-llm-model-final";

/** A configuration in which each kind of key decides something. */
export const FULL = {
  modelMapping: { exact: "one", "map-*": "mapped-*", "keep-*": "", "*": "other" },
  enableOnPathSuffix: ["/completions"],
};

export function modelMapper(config: object = FULL): PluginOptions {
  return modelPlugin("model-mapper", config);
}

/** A gateway with model-mapper before an upstream `backend` that answers 200 `ok`. */
export function gateway(config: object = FULL): Promise<Host> {
  return modelGateway(modelMapper(config));
}
