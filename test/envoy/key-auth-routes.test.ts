import { buildPlugins } from "../../build/tools/build.js";
import { runGoldensInEnvoy } from "./golden.js";

// Routes that match on the name key-auth sets: what the harness calls a broken rule of use.
runGoldensInEnvoy("test/envoy/key-auth", {
  plugin: "key-auth",
  prepare: async () => void (await buildPlugins(["key-auth"], ["envoy"])),
  writes: true,
});
