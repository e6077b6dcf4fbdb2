import type { CelNode } from "./cel-library.js";

/** `a.b["c"]` in an expression: names of an attribute, as far as they are written out. */
export interface Path {
  names: string[];
  node: CelNode;
}

/** What must be known about an expression before it runs. */
export interface Survey {
  paths: Path[];
  /** It calls a function Envoy does not have. */
  unknown: boolean;
  /** A map literal has a key that is not a string. */
  keys: boolean;
}

/** Functions and macros of Envoy 1.40 (test/envoy/probe/expressions.md). */
const FUNCTIONS = new Set(
  (
    "size contains startsWith endsWith matches int uint double string bytes bool timestamp duration " +
    "type dyn has all exists exists_one map filter getFullYear getMonth getDate getDayOfMonth " +
    "getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds"
  ).split(" "),
);

/** Reads an expression through. */
export function survey(ast: CelNode): Survey {
  const found: Survey = { paths: [], unknown: false, keys: false };
  visit(ast, found);
  return found;
}

function visit(part: unknown, found: Survey): void {
  if (Array.isArray(part)) return part.forEach((item) => visit(item, found));
  if (!isNode(part)) return;
  const names = namesOf(part);
  if (names) {
    found.paths.push({ names, node: part });
    return;
  }
  const args = part.args as unknown[];
  if (part.op === "call" || part.op === "rcall") {
    if (!FUNCTIONS.has(args[0] as string)) found.unknown = true;
  }
  if (part.op === "map") {
    const entries = args as [CelNode, CelNode][];
    found.keys ||= entries.some(([key]) => key.op === "value" && typeof key.args !== "string");
  }
  visit(part.args, found);
}

function isNode(part: unknown): part is CelNode {
  return typeof part === "object" && part !== null && "op" in part && "args" in part;
}

function namesOf({ op, args }: CelNode): string[] | null {
  if (op === "id") return [args as string];
  if (op !== "." && op !== "[]") return null;
  const [object, member] = args as [CelNode, string | CelNode];
  const names = namesOf(object);
  const name = typeof member === "string" ? member : member.op === "value" ? member.args : null;
  return names && typeof name === "string" ? [...names, name] : null;
}
