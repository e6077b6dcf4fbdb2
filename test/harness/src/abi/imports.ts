import type { Profile } from "../profiles/index.js";
import type { HostFunction } from "./guest.js";
import { findHostFunction } from "./link.js";
import type { ModuleImport, ModuleInfo } from "./module.js";

/** Imports of one instance, and its memory if the module asks the host for one. */
export interface Linked {
  imports: Record<string, Record<string, WebAssembly.ImportValue>>;
  memory: WebAssembly.Memory | undefined;
}

/** Pages no memory of 32-bit addresses goes beyond. */
const MOST_PAGES = 65536;

/**
 * Everything a checked module imports; `wrap` makes the function behind a host call. A memory the
 * host makes cannot grow above `maxPages`, though it begins as large as the module wants it.
 */
export function linkImports(
  info: ModuleInfo,
  abi: string,
  profile: Profile,
  wrap: (item: ModuleImport, fn: HostFunction) => WebAssembly.ImportValue,
  maxPages = MOST_PAGES,
): Linked {
  const imports: Linked["imports"] = {};
  let memory: WebAssembly.Memory | undefined;
  for (const item of info.imports) {
    const target = (imports[item.module] ??= {});
    if (item.kind === "memory") {
      const { minimum: initial = 0, maximum: most = MOST_PAGES } = item;
      const maximum = Math.max(initial, Math.min(most, maxPages));
      target[item.name] = memory = new WebAssembly.Memory({ initial, maximum });
    } else if (item.kind === "table") {
      const { minimum: initial = 0, maximum } = item;
      target[item.name] = new WebAssembly.Table({ initial, maximum, element: "anyfunc" });
    } else {
      target[item.name] ??= wrap(item, findHostFunction(item, abi, profile)!);
    }
  }
  return { imports, memory };
}

/** The memory of an instance: imported, exported, or an empty one that holds no range. */
export function memoryOf(
  imported: WebAssembly.Memory | undefined,
  exports: Record<string, unknown>,
): WebAssembly.Memory {
  const own = exports["memory"] as WebAssembly.Memory | undefined;
  return imported ?? own ?? new WebAssembly.Memory({ initial: 0 });
}
