import { readFileSync } from "node:fs";
import { parseModule } from "proxy-wasm-test";
import { expect, it } from "vitest";
import { buildPlugin, type Variant } from "./build.js";

const DRIVER = "test/unit/sdk/driver/capability.ts";

async function moduleOf(variant: Variant = {}): Promise<{ imports: string[]; exports: string[] }> {
  const { imports, exports } = parseModule(readFileSync(await buildPlugin(DRIVER, variant)));
  return {
    imports: imports.map(({ name }) => name).sort(),
    exports: exports.map(({ name }) => name),
  };
}

/** What a root costs: its configuration, its log lines, and who is still alive. */
const BARE = ["proxy_get_buffer_bytes", "proxy_log", "proxy_set_effective_context"];

it("a module that only registers a root has the imports and exports every module has", async () => {
  const { imports, exports } = await moduleOf();
  expect(imports).toEqual(BARE);
  expect(exports.filter((name) => name.startsWith("proxy_"))).toEqual([
    "proxy_abi_version_0_2_100",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_vm_start",
  ]);
  expect(exports.filter((name) => !name.startsWith("proxy_")).sort()).toEqual([
    "_initialize",
    "memory",
  ]);
});

it.each([
  ["GET", ["proxy_get_header_map_value"]],
  ["SET", ["proxy_replace_header_map_value"]],
  ["ADD", ["proxy_add_header_map_value"]],
  ["PAIRS", ["proxy_get_header_map_pairs"]],
  ["REMOVE", ["proxy_remove_header_map_value"]],
  ["REPLACE", ["proxy_set_buffer_bytes"]],
  ["BODY_SIZE", ["proxy_get_buffer_status"]],
  ["HEADER_SIZE", ["proxy_get_header_map_size"]],
  ["STATUS", ["proxy_get_status"]],
  ["PROPERTY", ["proxy_get_property"]],
  ["SET_PROPERTY", ["proxy_set_property"]],
  ["SHARED", ["proxy_get_shared_data"]],
  ["SET_SHARED", ["proxy_set_shared_data"]],
  ["QUEUE", ["proxy_register_shared_queue"]],
  ["COUNTER", ["proxy_define_metric", "proxy_increment_metric"]],
  ["TICK", ["proxy_set_tick_period_milliseconds"]],
  ["CLOCK", ["clock_time_get"]],
  ["RANDOM", ["random_get"]],
  ["ENVIRONMENT", ["environ_get", "environ_sizes_get"]],
  ["FOREIGN", ["proxy_call_foreign_function"]],
  ["HTTP", ["proxy_http_call"]],
  ["LEVEL", ["proxy_get_log_level"]],
])("using %s adds its import and nothing else", async (use, added) => {
  const { imports } = await moduleOf({ defines: [`USE_${use}`] });
  expect(imports).toEqual([...BARE, ...added].sort());
});

it("the Higress build asks for the log level without proxy_get_log_level, which the Go emulator lacks", async () => {
  const { imports } = await moduleOf({ higress: true, defines: ["USE_LEVEL"] });
  expect(imports).toEqual([...BARE, "proxy_call_foreign_function"].sort());
});
