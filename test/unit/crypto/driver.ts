import { mkdirSync, readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { compile } from "../../../build/tools/asc.js";

/** What `test/unit/drivers/crypto.ts` exports; every number is a length or an offset in bytes. */
export interface Exports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  input(): number;
  output(): number;
  sha256Of(length: number): number;
  sha1Of(length: number): number;
  md5Of(length: number): number;
  hmacSha256Of(keyLength: number, length: number): number;
  hmacSha1Of(keyLength: number, length: number): number;
  sipHash128Of(length: number): number;
  hmacKey(length: number): void;
  heapGrowth(times: number, length: number): number;
}

type OneShot = "sha256Of" | "sha1Of" | "md5Of";
export type Streaming = "sha256" | "sha1" | "md5" | "hmacSha1" | "hmacSha256";

/** Compiles `test/unit/drivers/<name>.ts` to `.cache/unit/<name>.wasm` and answers its bytes. */
export async function compileDriver(name: string): Promise<Buffer> {
  mkdirSync(".cache/unit", { recursive: true });
  const outFile = `.cache/unit/${name}.wasm`;
  await compile({ entry: `test/unit/drivers/${name}.ts`, outFile });
  return readFileSync(outFile);
}

/** The crypto library behind functions that take and answer Node buffers. */
export class CryptoDriver {
  private constructor(readonly exports: Exports) {}

  static async load(): Promise<CryptoDriver> {
    const { exports } = instantiateSync<Exports>(await compileDriver("crypto"));
    (exports as unknown as { _initialize?: () => void })._initialize?.();
    return new CryptoDriver(exports);
  }

  hash(algorithm: OneShot, message: Uint8Array): string {
    this.write(message);
    return this.read(this.exports[algorithm](message.length));
  }

  hmac(algorithm: "hmacSha256Of" | "hmacSha1Of", key: Uint8Array, message: Uint8Array): string {
    this.write(Buffer.concat([key, message]));
    return this.read(this.exports[algorithm](key.length, message.length));
  }

  prepareKey(key: Uint8Array): void {
    this.write(key);
    this.exports.hmacKey(key.length);
  }

  /** @param key 16 bytes */
  sipHash128(key: Uint8Array, message: Uint8Array): string {
    this.write(Buffer.concat([key, message]));
    return this.read(this.exports.sipHash128Of(message.length));
  }

  /** Feeds `message` in the pieces that end at `cuts` (ascending) and answers the digest. */
  stream(algorithm: Streaming, message: Uint8Array, cuts: number[]): string {
    this.write(message);
    let from = 0;
    for (const to of [...cuts, message.length]) {
      this.call(`${algorithm}Update`, from, to - from);
      from = to;
    }
    return this.read(this.call(`${algorithm}Finish`));
  }

  /** Calls an export by name. */
  call(name: string, ...args: number[]): number {
    return (this.exports[name] as (...args: number[]) => number)(...args);
  }

  write(data: Uint8Array): void {
    new Uint8Array(this.exports.memory.buffer).set(data, this.exports.input());
  }

  private read(length: number): string {
    const at = this.exports.output();
    return Buffer.from(this.exports.memory.buffer.slice(at, at + length)).toString("hex");
  }
}
