import { loadAlone, type Loaded } from "../loaded.js";

/** Starts an Envoy with nothing but the plugin. */
export function load(config: object | string): Promise<Loaded> {
  return loadAlone("model-fallback", config);
}
