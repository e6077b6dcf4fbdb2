// npm start: a model server, Envoy with the plugins in front of it, and commands to try them.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { envoyPath, envoyVersion, Problem } from "../../build/tools/fetch.js";
import { run } from "../../build/tools/fetch-run.js";
import { showAudits } from "./audits.js";
import { gatewayBootstrap } from "./bootstrap.js";
import { CHAIN, DEMO_FALLBACK, VECTOR_CLUSTER } from "./chain.js";
import { LastLine, problem, step, title, type Report } from "./console.js";
import { ROOT, startEnvoy } from "./envoy.js";
import { guide } from "./guide.js";
import { PROVIDER_KEY, PROVIDER_KEY_VARIABLE } from "./keys.js";
import { startLivePage } from "./live/server.js";
import { startMockModel } from "./mock-model/index.js";
import { readPorts, requireFreePorts } from "./ports.js";
import { showShares } from "./shares.js";

/** Large chunks and a pause before each, in ms: streams that a person can read and see flow. */
const PACE = { chunkTokens: 8, chunkDelay: 150 };

/** What has been started, to be stopped in the reverse order. */
const running: { stop(): Promise<void> }[] = [];

/** Starts everything, then waits; returns only when Envoy ends by itself. */
async function serve(): Promise<never> {
  const ports = readPorts(process.env);
  const folder = `.cache/demo-${ports.gateway}`;
  const auditLog = join(ROOT, folder, "audit.log");
  await requireFreePorts(ports);
  title("AI gateway demo");

  let program = "";
  await step("Envoy", async (report) => {
    program = await envoyPath(report);
    return (await envoyVersion(program))?.join(".") ?? "";
  });

  await step("Plugins", build);

  await step("Model", async () => {
    const model = await startMockModel({ port: ports.model, providerKey: PROVIDER_KEY, ...PACE });
    running.push(model);
    return `${model.url}  a mock, OpenAI-compatible`;
  });

  let exited: Promise<string> = Promise.resolve("");
  await step("Gateway", async (report) => {
    report("starting Envoy");
    await rm(auditLog, { force: true }); // Envoy appends; the page tells of this run
    const envoy = await startEnvoy({
      program,
      bootstrap: gatewayBootstrap({
        port: ports.gateway,
        adminPort: ports.admin,
        modelPort: ports.model,
        filters: CHAIN,
        services: [VECTOR_CLUSTER],
        fallback: DEMO_FALLBACK,
        auditLog,
      }),
      folder: join(ROOT, folder),
      adminPort: ports.admin,
      ports: [ports.gateway],
      env: { [PROVIDER_KEY_VARIABLE]: PROVIDER_KEY },
    });
    running.push(envoy);
    exited = envoy.exited;
    return `http://127.0.0.1:${ports.gateway}  ${CHAIN.map(({ plugin }) => plugin).join(" → ")}`;
  });

  await step("Live page", async () => {
    const page = await startLivePage({
      port: ports.page,
      gatewayPort: ports.gateway,
      adminPort: ports.admin,
      modelPort: ports.model,
      plugins: CHAIN.map(({ plugin }) => plugin),
      auditLog,
    });
    running.push(page);
    return page.url;
  });

  console.log(`\n${guide(ports, `${folder}/envoy.log`)}`);
  const line = new LastLine();
  showShares(ports.admin, line);
  await showAudits(auditLog, line);
  throw new Problem(`Envoy ended (${await exited}); see ${folder}/envoy.log.`);
}

/** Compiles what changed, in a process of its own so that the terminal stays alive. */
async function build(report: Report): Promise<string> {
  report("compiling");
  const args = ["--import", "tsx", "build/tools/build.ts"];
  let last = "";
  const { code, output } = await run(process.execPath, args, (soFar) => {
    const built = soFar.match(/build\/\w+\/[\w-]+\.wasm/g)?.at(-1) ?? "";
    if (built !== last) report(`compiled ${built}`);
    last = built;
  });
  if (code !== 0) throw new Problem(`The plugins do not compile:\n${output.trimEnd()}`);
  const files = await readdir("build/envoy");
  const count = files.filter((name) => name.endsWith(".wasm")).length;
  return `${count} built, for Envoy and for Higress`;
}

/** Settles when the user, the terminal or the system wants the demo to end. */
function stopSignal(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop());
    // A SIGTERM for npm ends npm and its shell, and never gets here (npm 11): see who our parent is.
    if (process.env.npm_lifecycle_event === undefined) return;
    const shell = process.ppid;
    setInterval(() => process.ppid === shell || stop(), 500).unref();
  });
}

try {
  await Promise.race([serve(), stopSignal()]);
  console.log("\n  Stopping …");
} catch (error) {
  process.exitCode = 1;
  if (error instanceof Problem) problem(error.message);
  else console.error(error);
}
for (const part of running.reverse()) await part.stop();
process.exit();
