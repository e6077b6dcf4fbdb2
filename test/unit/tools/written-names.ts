import { readFileSync } from "node:fs";
import { filesIn } from "../../../build/tools/files.js";

/** What a plugin's code writes: names as they are, with `x` for what is known at run time only. */
export interface Written {
  metrics: string[];
  /** Keys of `ai_log`. */
  log: string[];
  /** Properties, without span tags. */
  state: string[];
  span: string[];
  /** What makes a metric of a name that nobody can read off the code. */
  unknown: string[];
}

interface Call {
  file: string;
  callee: string;
  argument: string;
}

const LABELS = "route.x.upstream.x.model.x.consumer.x.metric.";
const SPAN_TAG = "trace_span_tag.";
const METRICS =
  /\b(new (?:Counter|Gauge|Histogram|SeriesTable|SlotGauges|StoreMetrics|StorePlugin)|super|serviceBreaker)\((?:NAME, )?/g;
const KEYS = /\b(setText|setInteger|setTrue|setJson|addToLog|addJsonToLog|this\.put)\(/g;
const PROPERTIES = /\b(setProperty)\(/g;
/** Names that tables and stores make of a prefix. */
const SLOTS = ["_memory_entries", "_memory_bytes", "_memory_evictions"];
const STORE = ["_store_errors_x", "_store_breaker_open", "_store_evictions"];

/** Reads the code of one plugin. */
export function readWritten(plugin: string): Written {
  const code = new Code(`plugins/${plugin}/assembly`);
  const metrics: string[] = [];
  const unknown: string[] = [];
  for (const call of code.calls(METRICS)) {
    const names = metricNames(call, code.textsOf(call));
    metrics.push(...names);
    if (!names.length && /^new (Counter|Gauge|Histogram)$/.test(call.callee) && call.argument)
      unknown.push(call.argument);
  }
  const textsOf = (callee: RegExp) => code.calls(callee).flatMap((call) => code.textsOf(call));
  const state = textsOf(PROPERTIES).filter((name) => !name.startsWith(SPAN_TAG));
  const span = code.literals().filter((text) => text.startsWith(SPAN_TAG) && text !== SPAN_TAG);
  return {
    metrics,
    unknown,
    log: textsOf(KEYS),
    state,
    span: span.map((text) => text.slice(SPAN_TAG.length)),
  };
}

function metricNames({ callee, argument }: Call, texts: string[]): string[] {
  if (callee === "serviceBreaker") return texts.map((text) => `ai_cache_${text}_breaker_open`);
  if (callee === "super")
    return argument === "METRIC_NAMES" ? texts.map((text) => LABELS + text) : [];
  if (callee === "new SeriesTable") return texts.map((text) => LABELS + text);
  if (callee === "new SlotGauges") return SLOTS.map((end) => texts[0] + end);
  if (/^new Store(Metrics|Plugin)$/.test(callee)) return STORE.map((end) => texts[0] + end);
  // What stands behind a text that ends in a dot is only known at run time.
  const whole = texts.map((text) => (text.endsWith(".") ? `${text}x.x` : text));
  if (argument.includes("prefix +"))
    return whole.slice(0, 1).map((text) => `model_fallback.x.x.${text}`);
  return whole
    .filter((text) => !text.startsWith("_"))
    .map((text) => text.replace(/^\./, "route.x."));
}

/** The sources of a plugin, with its constants. */
class Code {
  private readonly files: Map<string, string>;

  constructor(folder: string) {
    this.files = new Map(filesIn(folder).map((file) => [file, readFileSync(file, "utf8")]));
  }

  /** Calls with their first argument. */
  calls(callee: RegExp): Call[] {
    return [...this.files].flatMap(([file, text]) =>
      [...text.matchAll(callee)].map((match) => {
        const argument = firstArgument(text.slice(match.index + match[0].length));
        return { file, callee: match[1]!, argument };
      }),
    );
  }

  literals(): string[] {
    return [...this.files.values()].flatMap(literalsIn);
  }

  /** The texts in an argument; constants stand for theirs. */
  textsOf({ file, argument }: Pick<Call, "file" | "argument">): string[] {
    const constants = argument.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [];
    return [...literalsIn(argument), ...constants.flatMap((name) => this.constant(name, file))];
  }

  /** The file's own constant, or that of another file. */
  private constant(name: string, file: string): string[] {
    const definition = new RegExp(`const ${name}: (?:Slice|string\\[\\]) = ([^;]*);`);
    const texts = [this.files.get(file)!, ...this.files.values()];
    return literalsIn(texts.map((text) => definition.exec(text)?.[1]).find(Boolean) ?? "");
  }
}

function literalsIn(code: string): string[] {
  return [...code.matchAll(/"([^"\n]*)"/g)].map((match) => match[1]!);
}

/** Up to the comma or the parenthesis behind it. */
function firstArgument(code: string): string {
  let depth = 0;
  for (let i = 0; i < code.length; i++) {
    const char = code[i]!;
    if ("([{".includes(char)) depth++;
    else if (depth === 0 && ",)".includes(char)) return code.slice(0, i).trim();
    else if (")]}".includes(char)) depth--;
  }
  return code;
}
