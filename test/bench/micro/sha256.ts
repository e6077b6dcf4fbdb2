import { createHash, hash } from "node:crypto";
import { readFileSync, mkdirSync } from "node:fs";
import { compile } from "../../../build/tools/asc.js";
import { printTimings, timeTasks } from "./time.js";

// SHA-256 of shared/crypto against node:crypto (OpenSSL with the CPU's SHA instructions): the
// price of hashing inside the module, for a 40-byte API token and for a 64 KiB body.
//
//   npx tsx test/bench/micro/sha256.ts

interface Hash {
  memory: WebAssembly.Memory;
  update(ptr: number, length: number): void;
  finish(out: number): void;
}

const TOKEN = Buffer.from("sk-0123456789abcdef0123456789abcdef01234");
const BODY = Buffer.alloc(65_536, "The quick brown fox. ");

mkdirSync(".cache/bench", { recursive: true });
const outFile = ".cache/bench/sha256.wasm";
await compile({ entry: "test/unit/drivers/crypto-sha256.ts", outFile });
const wasm = readFileSync(outFile);
const { instance } = await WebAssembly.instantiate(wasm, { env: { abort: () => undefined } });
const module = instance.exports as unknown as Hash & { _initialize?: () => void };
module._initialize?.();

// Two pages nobody else uses: the message, then the digest.
const at = module.memory.grow(2) * 65_536;
const digestAt = at + 65_536;

/** Hashes `length` bytes that are already in the module's memory. */
function inWasm(length: number): void {
  module.update(at, length);
  module.finish(digestAt);
}

for (const [what, message] of [
  ["a 40-byte token", TOKEN],
  ["a 64 KiB body", BODY],
] as const) {
  new Uint8Array(module.memory.buffer).set(message, at);
  inWasm(message.length);
  const digest = Buffer.from(module.memory.buffer.slice(digestAt, digestAt + 32)).toString("hex");
  if (digest !== createHash("sha256").update(message).digest("hex")) {
    throw new Error(`wrong digest of ${what}`);
  }
  const node = hash
    ? { name: "node:crypto hash()", run: () => void hash("sha256", message, "buffer") }
    : {
        name: "node:crypto createHash()",
        run: () => void createHash("sha256").update(message).digest(),
      };
  printTimings(
    `SHA-256 of ${what}`,
    timeTasks([
      { name: "shared/crypto", bytes: message.length, run: () => inWasm(message.length) },
      { ...node, bytes: message.length },
    ]),
  );
}
