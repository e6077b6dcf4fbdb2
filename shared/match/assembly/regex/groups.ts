import { Slice } from "@ai-gateway-wasm/bytes";
import { Node, NodeKind } from "./ast";

/** Slots are a byte of a step (program.ts), so there are so many groups at most. */
export const MAX_GROUPS: i32 = 99;

/**
 * Patterns that are read now keep their groups. In a module that never calls `noteGroups` it is a
 * constant, and the compiler leaves out what it decides.
 */
export let notesGroups: bool = false;

export function noteGroups(on: bool): void {
  notesGroups = on;
}

/** The content of parentheses as a group, unless they are `(?:…)` or alike. */
export function asGroup(content: Node, pattern: Slice, start: i32): Node {
  const isNamed = nameStart(pattern, start) > 0;
  if (pattern.at(start + 1) == 0x3f && !isNamed) return content;
  const group = Node.ofChildren(NodeKind.Sequence, [content]);
  group.max = start + 1;
  return group;
}

/** The names of a pattern's groups; empty ones have none. The whole match is the first one. */
export function numberGroups(tree: Node, pattern: Slice): Slice[] {
  const names = [pattern.sub(0, 0)];
  number(tree, pattern, names);
  return names;
}

function number(node: Node, pattern: Slice, names: Slice[]): void {
  if (node.kind == NodeKind.Sequence && node.max > 0) {
    node.min = names.length;
    names.push(nameOf(pattern, node.max - 1));
  }
  for (let i = 0; i < node.children.length; i++) number(node.children[i], pattern, names);
}

function nameOf(pattern: Slice, start: i32): Slice {
  const from = nameStart(pattern, start);
  return from == 0 ? pattern.sub(0, 0) : pattern.sub(from, pattern.indexOf(0x3e, from));
}

/** Position of the name in `(?P<name>` or `(?<name>`; 0: it has none. */
function nameStart(pattern: Slice, start: i32): i32 {
  if (pattern.at(start + 1) != 0x3f) return 0;
  const at = pattern.at(start + 2) == 0x50 ? start + 3 : start + 2;
  return pattern.at(at) == 0x3c ? at + 1 : 0;
}
