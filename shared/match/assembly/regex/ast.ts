import { CharSet } from "./char-set";

export const enum NodeKind {
  /** Matches nothing, everywhere. */
  Empty,
  /** One code point of a set. */
  Set,
  /** A condition on the place, no text. */
  Assertion,
  Sequence,
  /** The first child that matches is preferred. */
  Choice,
  Repeat,
}

/** Conditions on a place in the text, as bits. */
export const enum Place {
  TextStart = 1,
  TextEnd = 2,
  LineStart = 4,
  LineEnd = 8,
  WordBorder = 16,
  NoWordBorder = 32,
  /** For grok names alone: elsewhere their expressions look at what stands beside them. */
  NotAfterDigit = 64,
  NotBeforeDigit = 128,
}

export const UNBOUNDED: i32 = -1;

/** One part of a pattern. */
@final
export class Node {
  children: Node[] = [];
  /** Of `Set`. */
  set: CharSet | null = null;
  /** Of `Assertion`: one bit of `Place`. */
  place: i32 = 0;
  /** Of `Repeat`; of a `Sequence` that is a group: its number, from 1 (groups.ts). */
  min: i32 = 0;
  /** Of `Repeat`; `UNBOUNDED` for no limit. Of a group: the position behind its parenthesis. */
  max: i32 = 0;
  /** Of `Repeat`: fewer is better. */
  isLazy: bool = false;
  /** Of `Repeat`: written with braces, so that its count is limited. */
  isCounted: bool = false;

  constructor(readonly kind: NodeKind) {}

  static ofSet(set: CharSet): Node {
    const node = new Node(NodeKind.Set);
    node.set = set;
    return node;
  }

  static ofPlace(place: Place): Node {
    const node = new Node(NodeKind.Assertion);
    node.place = place;
    return node;
  }

  static ofChildren(kind: NodeKind, children: Node[]): Node {
    const node = new Node(kind);
    node.children = children;
    return node;
  }

  /** True when it can match without any text. */
  get isNullable(): bool {
    switch (this.kind) {
      case NodeKind.Set:
        return false;
      case NodeKind.Sequence:
        return this.countNullable() == this.children.length;
      case NodeKind.Choice:
        return this.countNullable() > 0;
      case NodeKind.Repeat:
        return this.min == 0 || this.countNullable() > 0;
      default:
        return true;
    }
  }

  private countNullable(): i32 {
    let count = 0;
    for (let i = 0; i < this.children.length; i++) {
      if (this.children[i].isNullable) count++;
    }
    return count;
  }
}
