import { parse as parseYaml } from "yaml";
import { readSections, type Fence, type Section } from "./fences.js";
import { readAnswer, readAttributes, readRequest } from "./http-message.js";
import { LOG_LEVELS, type Environment, type PluginUse, type Scenario } from "./scenario.js";

/** What a golden file leaves unsaid. */
export interface GoldenDefaults {
  file: string;
  /** Plugin of a `config` block that names none. */
  plugin: string;
}

interface Inherited {
  plugins: PluginUse[];
  env: Environment;
  answers: Scenario["answers"];
}

/**
 * Reads a golden file: `# Title` may carry blocks that every scenario inherits, each `## Title`
 * with at least one request is a scenario. `test/scenario/README.md` is the manual.
 *
 * @throws Error with file and line for a block that cannot be read
 */
export function parseGoldens(markdown: string, defaults: GoldenDefaults): Scenario[] {
  let inherited: Inherited = { plugins: [], env: readEnvironment({}), answers: [] };
  const scenarios: Scenario[] = [];
  for (const section of readSections(markdown)) {
    const scenario = readSection(section, defaults, inherited);
    if (section.level === 1) {
      if (scenario.steps.length)
        throw fault(defaults, section.line, "a request needs a ## heading");
      inherited = scenario;
    } else if (section.fences.some((fence) => fence.info[1] === "request")) {
      scenarios.push(scenario);
    } else if (section.fences.some((fence) => kindOf(fence) === "transcript")) {
      // No request: the scenario is about loading, its outcome is `config accepted` or `refused`.
      scenarios.push(scenario);
    }
  }
  return scenarios;
}

function readSection(section: Section, defaults: GoldenDefaults, inherited: Inherited): Scenario {
  const own: Scenario = {
    title: section.title,
    why: section.why,
    file: defaults.file,
    line: section.line + 1,
    plugins: [],
    steps: [],
    answers: [],
    env: inherited.env,
    expected: [],
  };
  for (const fence of section.fences) {
    try {
      readBlock(fence, own, defaults.plugin);
    } catch (error) {
      throw fault(defaults, fence.from, error instanceof Error ? error.message : String(error));
    }
  }
  if (!own.plugins.length) own.plugins = inherited.plugins;
  const scripted = new Set(own.answers.map((answer) => answer.cluster));
  own.answers.push(...inherited.answers.filter((answer) => !scripted.has(answer.cluster)));
  return own;
}

function readBlock(fence: Fence, into: Scenario, plugin: string): void {
  const words = fence.info.slice(2);
  switch (kindOf(fence)) {
    case "config":
      into.plugins.push(readPlugin(fence, plugin));
      break;
    case "request": {
      const times = Number(readAttributes(words).values.get("repeat") ?? 1);
      for (let i = 0; i < times; i++) into.steps.push(readRequest(fence.text, words));
      break;
    }
    case "upstream":
      into.answers.push(readAnswer(fence.text, words));
      break;
    case "env":
      into.env = readEnvironment(
        (parseYaml(fence.text) ?? {}) as Record<string, unknown>,
        into.env,
      );
      break;
    case "transcript":
      into.expected.push({
        host: fence.info[1] ?? "",
        text: fence.text,
        from: fence.from,
        to: fence.to,
      });
      break;
    default: // any other block is an illustration
  }
}

const KINDS = new Set(["config", "request", "upstream", "env"]);

function kindOf(fence: Fence): string {
  if (fence.info[0] === "transcript") return "transcript";
  const kind = fence.info[1] ?? "";
  return KINDS.has(kind) ? kind : "";
}

function readPlugin(fence: Fence, fallback: string): PluginUse {
  const { flags, values, names } = readAttributes(fence.info.slice(2));
  const isYaml = fence.info[0] === "yaml";
  const policy = values.get("policy") ?? "FAIL_RELOAD";
  if (!isPolicy(policy)) throw new Error(`unknown policy ${policy}`);
  const capabilities = values.get("allow")?.split(",");
  return {
    name: names[0] ?? fallback,
    // JSON and text go to the plugin byte for byte, so that broken configurations can be shown.
    config: isYaml ? JSON.stringify(parseYaml(fence.text) ?? {}) : fence.text,
    allowOnHeadersStopIteration: !flags.has("no-stop"),
    failurePolicy: policy,
    rootId: values.get("root") ?? "",
    ...(values.has("upstream") ? { upstream: values.get("upstream") } : {}),
    ...(capabilities ? { capabilities } : {}),
  };
}

const POLICIES = ["FAIL_CLOSED", "FAIL_OPEN", "FAIL_RELOAD", "LEGACY_OPEN"];

function isPolicy(word: string): word is PluginUse["failurePolicy"] {
  return POLICIES.includes(word);
}

const ENV_FIELDS = new Set("routes clusters attemptCount attributes log time skip vary".split(" "));

function readEnvironment(
  fields: Record<string, unknown>,
  base: Partial<Environment> = {},
): Environment {
  for (const name of Object.keys(fields)) {
    if (!ENV_FIELDS.has(name)) throw new Error(`unknown field of env: ${name}`);
  }
  const env = {
    routes: [],
    clusters: {},
    attemptCount: false,
    attributes: [],
    log: "info",
    time: null,
    ...base,
    ...fields,
    skip: { ...base.skip, ...(fields["skip"] as Record<string, string> | undefined) },
    vary: { ...base.vary, ...(fields["vary"] as Record<string, string> | undefined) },
  } as Environment;
  if (!LOG_LEVELS.includes(env.log)) throw new Error(`unknown log level ${env.log}`);
  return env;
}

function fault(defaults: GoldenDefaults, line: number, message: string): Error {
  return new Error(`${defaults.file}:${line + 1}: ${message}`);
}
