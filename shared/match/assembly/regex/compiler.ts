import { Node, NodeKind, Place, UNBOUNDED } from "./ast";
import { CharSet } from "./char-set";
import { notesGroups } from "./groups";
import { Op, Program } from "./program";
import { Utf8Ranges } from "./utf8-ranges";

/** Turns a pattern's tree into a program, from the end to the beginning. */
@final
export class Compiler {
  private readonly program: Program = new Program();
  /** A step that no text passes: for sets without a code point. */
  private dead: i32 = -1;

  /** Null when the program would be too large. */
  compile(tree: Node): Program | null {
    const program = this.program;
    program.start = this.node(tree, program.add(Op.Match));
    program.isAnchored = beginsAtStart(tree);
    return program.isTooLarge ? null : program;
  }

  /** Several patterns side by side: step n says that the n-th one matches. */
  compileAll(trees: Node[]): Program {
    const program = this.program;
    for (let i = 0; i < trees.length; i++) program.add(Op.Match);
    let start = -1;
    for (let i = trees.length - 1; i >= 0; i--) {
      const one = this.node(trees[i], i);
      start = start < 0 ? one : program.add(Op.Split, one, start);
    }
    program.start = start;
    return program;
  }

  /** Compiles `node` so that what follows it is the step `next`; answers its first step. */
  private node(node: Node, next: i32): i32 {
    if (this.program.isTooLarge) return next;
    switch (node.kind) {
      case NodeKind.Set: {
        const set = node.set;
        return set === null ? next : this.set(set, next);
      }
      case NodeKind.Assertion:
        this.program.places |= node.place;
        return this.program.add(Op.Assert, next, node.place);
      case NodeKind.Sequence:
        if (notesGroups && node.min > 0) return this.group(node, next);
        for (let i = node.children.length - 1; i >= 0; i--)
          next = this.node(node.children[i], next);
        return next;
      case NodeKind.Choice:
        return this.choice(node, next);
      case NodeKind.Repeat:
        return this.repeat(node, next);
      default:
        return next;
    }
  }

  /** A split with one target only notes the place: before group n slot 2n, behind it slot 2n + 1. */
  private group(node: Node, next: i32): i32 {
    const slot = node.min << 1;
    const end = this.program.add(Op.Split, next, next, slot + 1);
    const first = this.node(node.children[0], end);
    return this.program.add(Op.Split, first, first, slot);
  }

  private set(set: CharSet, next: i32): i32 {
    const first = new Utf8Ranges(this.program, next).compile(set);
    if (first >= 0) return first;
    // A range from high to low holds no byte.
    if (this.dead < 0) this.dead = this.program.add(Op.Byte, next, 0, 0xff, 0);
    return this.dead;
  }

  private choice(node: Node, next: i32): i32 {
    const last = node.children.length - 1;
    let first = this.node(node.children[last], next);
    for (let i = last - 1; i >= 0; i--) {
      const one = this.node(node.children[i], next);
      first = this.program.add(Op.Split, one, first);
    }
    return first;
  }

  /** `x{2,4}` is `xx(x(x)?)?`, `x{2,}` is `xx+`. */
  private repeat(node: Node, next: i32): i32 {
    const child = node.children[0];
    let first = next;
    if (node.max == UNBOUNDED) {
      first = this.loop(node, child, next);
    } else {
      for (let i = node.min; i < node.max; i++) {
        first = this.optional(node.isLazy, this.node(child, first), next);
      }
    }
    const copies = node.max == UNBOUNDED ? node.min - 1 : node.min;
    for (let i = 0; i < copies; i++) first = this.node(child, first);
    return first;
  }

  /** `x+`, or `x*` when none is needed. What can be empty is `(x+)?`, so that it ends. */
  private loop(node: Node, child: Node, next: i32): i32 {
    const split = this.program.add(Op.Split);
    const body = this.node(child, split);
    this.link(split, node.isLazy, body, next);
    if (node.min > 0) return body;
    return child.isNullable ? this.optional(node.isLazy, body, next) : split;
  }

  private optional(isLazy: bool, body: i32, next: i32): i32 {
    const split = this.program.add(Op.Split);
    this.link(split, isLazy, body, next);
    return split;
  }

  private link(split: i32, isLazy: bool, body: i32, next: i32): void {
    this.program.setX(split, isLazy ? next : body);
    this.program.setY(split, isLazy ? body : next);
  }
}

/** True when every way through the tree begins with `\A`. */
function beginsAtStart(tree: Node): bool {
  switch (tree.kind) {
    case NodeKind.Assertion:
      return tree.place == Place.TextStart;
    case NodeKind.Sequence:
      return tree.children.length > 0 && beginsAtStart(tree.children[0]);
    case NodeKind.Choice:
      for (let i = 0; i < tree.children.length; i++) {
        if (!beginsAtStart(tree.children[i])) return false;
      }
      return true;
    default:
      return false;
  }
}
