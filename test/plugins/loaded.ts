import { createHost, LoadError, type Host, type LogLine } from "proxy-wasm-test";

/** How a configuration was taken. */
export interface Loaded {
  accepted: boolean;
  /** Log lines as `level text`; names and ids of plugin and request are left out. */
  lines: string[];
}

/** Waits for the start of a gateway, and stops it. */
export async function loaded(start: Promise<Host>): Promise<Loaded> {
  try {
    const host = await start;
    await host.close();
    return { accepted: true, lines: linesOf(host.logs) };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { accepted: false, lines: linesOf(error.logs) };
  }
}

/** Starts an Envoy with nothing but this plugin, and stops it. */
export function loadAlone(
  plugin: string,
  config: object | string,
  wasm = `build/envoy/${plugin}.wasm`,
): Promise<Loaded> {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const filter = { name: plugin, wasm, vmId: "one", config: text };
  return loaded(createHost({ lifecycle: "single", plugins: [filter] }));
}

/** The log as `level text`, without `[plugin] [plugin id] [request id]`. */
export function linesOf(logs: readonly LogLine[]): string[] {
  return logs.map(({ level, text }) => `${level} ${text.replace(/^(\[[^\]]*\] ){3}/, "")}`);
}

/** Lines of one start: the canary's, which is the first. */
export function firstStart({ lines }: Loaded): string[] {
  const end = lines.findIndex((line) => /plugin start (failed|successfully)$/.test(line));
  return lines.slice(0, end + 1);
}
