import { createRequire } from "node:module";
import type { RE2 } from "re2-wasm";

const require = createRequire(import.meta.url);

/**
 * RE2 itself, compiled to WebAssembly, in a new instance: it frees no pattern and has room for some
 * hundred large ones.
 */
export function freshRe2(): typeof RE2 {
  const entry = require.resolve("re2-wasm");
  const folder = entry.slice(0, entry.lastIndexOf("/build/"));
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(folder)) Reflect.deleteProperty(require.cache, file);
  }
  return (require("re2-wasm") as { RE2: typeof RE2 }).RE2;
}
