import { mkdirSync, writeFileSync } from "node:fs";
import { compile } from "../../build/tools/asc.js";

const OUT = ".cache/bench/fixture";
const SOURCES = "test/bench/fixture/assembly";

/** Our abort would import proxy_log and weigh more than the fixture: here a bug just traps. */
const FLAGS = ["--use", "abort="];

/** Parameters and result of the callbacks whose price is measured one by one (host.md 6.1). */
export const CALLBACKS: Record<string, { parameters: number; answers?: number }> = {
  proxy_on_context_create: { parameters: 2 },
  proxy_on_request_headers: { parameters: 3, answers: 0 },
  proxy_on_response_headers: { parameters: 3, answers: 0 },
  proxy_on_response_body: { parameters: 3, answers: 0 },
  proxy_on_done: { parameters: 1, answers: 1 },
  proxy_on_log: { parameters: 1 },
  proxy_on_delete: { parameters: 1 },
};

/** Path of the compiled fixture `test/bench/fixture/assembly/<name>.ts`. */
export async function fixture(name: string): Promise<string> {
  return await build(`${SOURCES}/${name}.ts`, name);
}

/** Path of a module that exports exactly one empty callback. */
export async function callbackFixture(callback: string): Promise<string> {
  const shape = CALLBACKS[callback];
  if (!shape) throw new Error(`no callback ${callback}`);
  const parameters = Array.from({ length: shape.parameters }, (_, i) => `_p${i}: i32`).join(", ");
  const [result, body] =
    shape.answers === undefined ? ["void", ""] : ["i32", ` return ${shape.answers}; `];
  mkdirSync(OUT, { recursive: true });
  const entry = `${OUT}/${callback}.ts`;
  writeFileSync(
    entry,
    `export * from "../../../${SOURCES}/base";\n` +
      `export function ${callback}(${parameters}): ${result} {${body}}\n`,
  );
  return await build(entry, callback);
}

async function build(entry: string, name: string): Promise<string> {
  mkdirSync(OUT, { recursive: true });
  const outFile = `${OUT}/${name}.wasm`;
  await compile({ entry, outFile, flags: FLAGS });
  return outFile;
}
