import { Status } from "../abi/enums.js";
import { HarnessFault } from "../abi/fault.js";
import type { ActingContext, ExpressionStore } from "../abi/guest.js";
import { encodePairs } from "../abi/pairs.js";
import { fromBytes, toBinary, toBytes } from "../abi/text.js";
import type { HeaderPair } from "../types.js";
import { celValue, isMessage } from "./attribute-kinds.js";
import { celLibrary, type CelLibrary, type CelProgram } from "./cel-library.js";
import { survey, type Path } from "./expression-survey.js";

const { NotFound, InternalFailure, SerializationFailure } = Status;

/** Type of a declared property. */
const STRING = 1;

interface Expression {
  text: string;
  program: CelProgram;
  paths: Path[];
}

/** CEL expressions of one VM, by number (harness.md 5.4). */
export class Expressions implements ExpressionStore {
  private next = 0;
  private readonly kept = new Map<number, Expression>();

  create(text: string): number | null {
    const library = celLibrary();
    if (/\b[A-Z]\w*\s*\{/.test(text)) refuse(text, "it makes a message");
    let program: CelProgram;
    try {
      program = library.parse(text);
    } catch (error) {
      if (library.refused(error)) return null;
      refuse(text, String(error));
    }
    const { paths, unknown, keys } = survey(program.ast);
    if (unknown) {
      // What the grammar takes and the compiler does not has a number all the same.
      this.next++;
      return null;
    }
    if (keys) refuse(text, "a map has keys that are no strings");
    this.kept.set(this.next, { text, program, paths });
    return this.next++;
  }

  evaluate(id: number, context: ActingContext): Uint8Array | number {
    const expression = this.kept.get(id);
    if (!expression) return NotFound;
    const library = celLibrary();
    const { text, program } = expression;
    const variables = lookUp(expression, context, library);
    if (variables === null) return SerializationFailure;
    try {
      return serialize(program(variables)) ?? SerializationFailure;
    } catch (error) {
      if (!library.failed(error)) refuse(text, String(error));
      if (UNSURE.test(error.message)) refuse(text, error.message.split("\n")[0]!);
      return InternalFailure;
    }
  }

  delete(id: number): void {
    this.kept.delete(id);
  }
}

/** Failures of the library where Envoy may have a value. */
const UNSURE = /no such overload: .* [!=]= |found no matching overload for/;

function refuse(text: string, why: string): never {
  throw new HarnessFault(`the CEL emulation cannot do ${JSON.stringify(text)}: ${why}`);
}

type Tree = Map<string, unknown>;

/** Every attribute the expression names; null when it is itself a host object. */
function lookUp(
  { text, program, paths }: Expression,
  context: ActingContext,
  library: CelLibrary,
): Record<string, unknown> | null {
  const top: Tree = new Map();
  for (const { names, node } of paths) {
    let tree: Tree | null = top;
    for (let n = 1; tree && n <= names.length; n++) {
      const path = names.slice(0, n);
      const found = context.getProperty(toBinary(path.join("\0")));
      tree = place(tree, path, found, context, library);
    }
    if (isMessage(names)) refuse(text, `${names.join(".")} as a value`);
    if (tree && tree !== top && context.getProperty(names.join("\0")) === SerializationFailure) {
      if (node === program.ast) return null;
      refuse(text, `${names.join(".")} as a value`);
    }
  }
  return Object.fromEntries(top);
}

/** Puts what the host answered under the last name; the tree for the next name, or null at a leaf. */
function place(
  tree: Tree,
  path: readonly string[],
  found: Uint8Array | number,
  context: ActingContext,
  library: CelLibrary,
): Tree | null {
  const name = path.at(-1)!;
  if (typeof found !== "number" && !isMessage(path)) {
    const declared = path.length === 1 && context.root.declared.get(name)?.type === STRING;
    tree.set(name, celValue(path, found, declared, library));
    return null;
  }
  const known = tree.get(name);
  if (known instanceof Map) return known as Tree;
  const branch: Tree = new Map();
  if (found === SerializationFailure || typeof found !== "number") tree.set(name, branch);
  return branch;
}

/** A value as a property is encoded (harness.md 5.5); null = it has no encoding. */
function serialize(value: unknown): Uint8Array | null {
  if (typeof value === "string") return toBytes(toBinary(value));
  if (typeof value === "bigint") return int64(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value === "number") return float64(value);
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return int64(BigInt(value.getTime()) * 1_000_000n);
  if (Array.isArray(value)) return pairs(value.map((item) => [item, ""]));
  if (value instanceof Map) return pairs([...value]);
  if (typeof value !== "object" || value === null) return null;
  if ("seconds" in value && "nanos" in value)
    return int64((value.seconds as bigint) * 1_000_000_000n + BigInt(value.nanos as number));
  if ("value" in value && typeof value.value === "bigint") return int64(value.value);
  if (Object.getPrototypeOf(value) === Object.prototype) return pairs(Object.entries(value));
  return null;
}

function pairs(entries: [unknown, unknown][]): Uint8Array | null {
  const list: HeaderPair[] = [];
  for (const [key, value] of entries) {
    const name = serialize(key);
    const item = serialize(value);
    if (!name || !item) return null;
    list.push([fromBytes(name), fromBytes(item)]);
  }
  return encodePairs(list);
}

function int64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt.asIntN(64, value), true);
  return out;
}

function float64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return out;
}
