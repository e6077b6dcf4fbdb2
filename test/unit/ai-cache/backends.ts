import { loadDriver, type Run } from "../bytes/load.js";
import { stubHost } from "../content-security/host.js";

/** 64 hexadecimal digits. */
export const PARTITION = "0123456789abcdef".repeat(4);
export const DIGEST = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i));
/** Seconds since 1970, when entries of the tests were made. */
export const BORN = 1_767_000_000;

export interface Call {
  /** Lines `name: value`. */
  head: string[];
  body: string;
}

export interface Nearest {
  failure?: string;
  text?: string;
  answer?: string;
  score?: number;
  isAccepted?: boolean;
}

/** What decides besides the fields of the database itself. */
export interface Policy {
  lenient?: boolean;
  ttl?: number;
  refreshes?: boolean;
}

/** The back ends of the semantic cache, each call with a configuration of its own. */
export class Backends {
  private constructor(private readonly run: Run) {}

  static async load(): Promise<Backends> {
    return new Backends(await loadDriver("test/unit/ai-cache/driver/backends.ts", stubHost));
  }

  /** What is wrong with a configuration, or where its services are. */
  configure(config: object): string {
    return this.text("configure", [], JSON.stringify(config)) ?? "";
  }

  embed(embedding: object, text: string | Uint8Array): Call {
    return callOf(this.text("embed", [], JSON.stringify({ embedding }), text));
  }

  /** The vector as text, or `!` and why there is none. */
  vector(embedding: object, answer: unknown, status = 200): string {
    const body = bodyOf(answer);
    return this.text("readVector", [status], JSON.stringify({ embedding }), body) ?? "";
  }

  query(vector: object, embedding: string, partition = "", policy: Policy = {}): Call {
    const config = JSON.stringify({ vector, ...policy });
    return callOf(this.text("query", [], config, embedding, partition));
  }

  upload(
    vector: object,
    partition = "",
    policy: Policy = {},
    { question = "Q?", answer = "A.", embedding = "[0.5,-1e-3]", digest = DIGEST }: Texts = {},
  ): Call {
    const config = JSON.stringify({ vector, ...policy });
    return callOf(
      this.text("upload", [BORN], config, embedding, question, answer, partition, digest),
    );
  }

  /** The body of the call that takes away older entries; null: there is none. */
  cleanUp(vector: object, partition: string, policy: Policy, question: string): string | null {
    const config = JSON.stringify({ vector, ...policy });
    const call = this.text("cleanUp", [BORN], config, "[1]", question, "A.", partition, DIGEST);
    return call === null ? null : callOf(call).body;
  }

  nearest(vector: object, answer: unknown, search: Search = {}): Nearest {
    const { isTrouble: _, ...nearest } = this.search(vector, answer, search);
    return nearest;
  }

  /** Whether the database gave no proper answer. */
  isTrouble(vector: object, answer: unknown, status = 200): boolean {
    return this.search(vector, answer, { status }).isTrouble === true;
  }

  private search(
    vector: object,
    answer: unknown,
    { partition = "", status = 200, now = BORN, ...policy }: Search,
  ): Nearest & { isTrouble?: boolean } {
    const config = JSON.stringify({ vector, ...policy });
    const said = this.text("nearest", [status, now], config, bodyOf(answer), partition);
    return JSON.parse(said ?? "null") as Nearest;
  }

  /** An operation of the driver by itself. */
  text(operation: string, numbers: number[], ...args: (string | Uint8Array)[]): string | null {
    return this.bytes(operation, numbers, ...args)?.toString() ?? null;
  }

  bytes(operation: string, numbers: number[], ...args: (string | Uint8Array)[]): Buffer | null {
    return this.run(operation, numbers, ...args);
  }
}

/** Of an entry; left out: those of the tests that do not care. */
interface Texts {
  question?: string;
  answer?: string;
  embedding?: string;
  digest?: Buffer;
}

interface Search extends Policy {
  partition?: string;
  status?: number;
  now?: number;
}

function callOf(text: string | null): Call {
  if (text === null) throw new Error("the configuration is refused");
  const end = text.indexOf("\n\n");
  return { head: text.slice(0, end).split("\n"), body: text.slice(end + 2) };
}

function bodyOf(answer: unknown): string | Uint8Array {
  if (typeof answer === "string" || answer instanceof Uint8Array) return answer;
  return JSON.stringify(answer);
}
