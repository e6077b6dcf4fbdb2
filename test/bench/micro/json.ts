import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { compile } from "../../../build/tools/asc.js";
import { JSON_AS_SOURCE } from "./json-as.js";
import { printTimings, timeTasks, type Task } from "./time.js";

// shared/as-json on chat bodies of 100 KiB: the paths the plugins read most, against JSON.parse of
// JavaScript and against json-as. All get the body as bytes and free what they allocated.
//
//   npx tsx test/bench/micro/json.ts

interface Module {
  memory: WebAssembly.Memory;
  reserve(size: number): number;
  collect(): void;
}

type Ours = Module &
  Record<"readPath" | "readKeyPath" | "validate" | "parse" | "edit", () => number> & {
    compilePaths(): void;
  };

type JsonAs = Module & { decode(): void } & Record<"parseBytes" | "parseText", () => number>;

const SIZE = 100 * 1024;
const LAST = "messages.@reverse.0.content";
const TOTAL = "usage.total_tokens";

const PROSE = "The quick brown fox jumps over the lazy dog, and nobody asked it why. ";
const CODE = 'if (a < b) {\n\treturn "\\d+" + JSON.stringify({ "k": [1, 2] });\n}\n';
const CHINESE = "今天天气很好，我们去公园散步吧。";

/** A body of about 100 KiB in messages of `length` characters, its usage at the end. */
function body(text: string, length: number): Buffer {
  const content = text.repeat(Math.ceil(length / text.length)).slice(0, length);
  const message = { role: "user", content };
  const count = Math.floor(SIZE / (Buffer.byteLength(JSON.stringify(message)) + 1));
  const chat = {
    model: "gpt-4o",
    messages: Array.from({ length: Math.max(1, count) }, () => message),
    usage: { prompt_tokens: 1200, completion_tokens: 34, total_tokens: 1234 },
  };
  return Buffer.from(JSON.stringify(chat));
}

const BODIES: [what: string, body: Buffer][] = [
  ["messages of 2000 characters of prose", body(PROSE, 2000)],
  ["messages of 40 characters", body(PROSE, 40)],
  ["one message of 100 KiB", body(PROSE, SIZE - 200)],
  ["messages of 2000 characters of source code", body(CODE, 2000)],
  ["messages of 500 Chinese characters", body(CHINESE, 500)],
];

mkdirSync(".cache/bench", { recursive: true });

async function build(entry: string, flags: string[] = []): Promise<WebAssembly.Module> {
  const outFile = `.cache/bench/${basename(entry, ".ts")}.wasm`;
  await compile({ entry, outFile, flags });
  return await WebAssembly.compile(readFileSync(outFile));
}

const OURS = await build("test/unit/json/driver/bench.ts");
writeFileSync(".cache/bench/chat-json-as.ts", JSON_AS_SOURCE);
const JSON_AS = await build(".cache/bench/chat-json-as.ts", ["--transform", "json-as/transform"]);

async function start<T extends Module>(compiled: WebAssembly.Module): Promise<T> {
  const abort = () => {
    throw new Error("aborted");
  };
  const instance = await WebAssembly.instantiate(compiled, { env: { abort } });
  const module = instance.exports as unknown as T & { _initialize?: () => void };
  module._initialize?.();
  return module;
}

function give(module: Module, bytes: Uint8Array): void {
  const at = module.reserve(bytes.length);
  new Uint8Array(module.memory.buffer).set(bytes, at);
}

/** A task that runs an operation of a module and frees its garbage. */
function task(name: string, bytes: number, module: Module, run: () => number): Task {
  return {
    name,
    bytes,
    run: () => {
      if (run() < 0) throw new Error(`${name} found nothing`);
      module.collect();
    },
  };
}

const decoder = new TextDecoder();

interface Chat {
  messages: { content: string }[];
  usage: { total_tokens: number };
}

/** One module instance per path, so that each keeps its document and its path. */
async function tasksFor(bytes: Buffer): Promise<Task[]> {
  const size = bytes.length;
  const chat = JSON.parse(bytes.toString()) as Chat;
  const wanted: [path: string, length: number][] = [
    [TOTAL, 4],
    [LAST, Buffer.byteLength(chat.messages.at(-1)?.content ?? "")],
  ];
  const tasks: Task[] = [];
  for (const [path, length] of wanted) {
    const ours = await instance(path, bytes);
    if (ours.readPath() !== length) throw new Error(`wrong answer for ${path}`);
    tasks.push(task(path, size, ours, ours.readPath));
  }
  const ours = await instance("model", bytes);
  tasks.push(task("isValidJson", size, ours, ours.validate));
  tasks.push(task("parseJson (strict, UTF-8)", size, ours, ours.parse));
  tasks.push(task("setValue model", size, ours, ours.edit));
  tasks.push(jsonParse(bytes));
  const jsonAs = await start<JsonAs>(JSON_AS);
  give(jsonAs, bytes);
  jsonAs.decode();
  tasks.push(task("json-as from UTF-16", size, jsonAs, jsonAs.parseText));
  tasks.push(task("json-as from bytes", size, jsonAs, jsonAs.parseBytes));
  return tasks;
}

async function instance(path: string, bytes: Uint8Array): Promise<Ours> {
  const ours = await start<Ours>(OURS);
  give(ours, Buffer.from(path));
  ours.compilePaths();
  give(ours, bytes);
  return ours;
}

function jsonParse(bytes: Buffer): Task {
  return {
    name: "JavaScript JSON.parse from bytes",
    bytes: bytes.length,
    run: () => {
      const chat = JSON.parse(decoder.decode(bytes)) as Chat;
      if (chat.messages.at(-1)?.content === undefined) throw new Error("nothing found");
    },
  };
}

for (const [what, bytes] of BODIES) {
  const tasks = await tasksFor(bytes);
  printTimings(`${(bytes.length / 1024).toFixed(0)} KiB: ${what}`, timeTasks(tasks));
}
