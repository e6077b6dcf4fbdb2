/*
 * A list of words as a minimal acyclic automaton, in the form that shared/match looks them up in
 * (shared/match/assembly/words/built-in.ts shows it): beginnings are shared as in a tree, and so are ends.
 */

const ENDS = 0x100;
const LAST = 0x200;
const TARGET_SHIFT = 10;
/** Numbers of edges have 22 bits. */
const MAX_EDGES = 1 << 22;

interface State {
  isEnd: boolean;
  edges: [byte: number, to: State][];
  /** Equal for states that everything behind them is equal of; set when the state is finished. */
  id: number;
}

const newState = (): State => ({ isEnd: false, edges: [], id: 0 });

/**
 * The words of a list: one a line, ASCII letters in lower case as texts are compared, blank lines out.
 *
 * @throws Error when it is not UTF-8
 */
export function readWordList(bytes: Uint8Array): string[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("the word list is not UTF-8");
  }
  const lower = (word: string) => word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return text
    .split(/\r?\n/)
    .map((line) => lower(line.trim()))
    .filter(Boolean);
}

/** @throws Error when there are no words, or more than the form has room for */
export function packWords(words: readonly string[]): Uint8Array {
  const sorted = [...new Set(words)].map((word) => Buffer.from(word)).sort(Buffer.compare);
  if (!sorted.length) throw new Error("the word list is empty");
  const longest = Math.max(...sorted.map(({ length }) => length));
  return layOut(minimal(sorted), longest);
}

/** Adds sorted words one by one; what no later word shares is finished at once (Daciuk and others, 2000). */
function minimal(sorted: readonly Uint8Array[]): State {
  const finished = new Map<string, State>();
  const finish = (state: State): State => {
    const key = `${state.isEnd} ${state.edges.map(([byte, to]) => `${byte}:${to.id}`).join()}`;
    const same = finished.get(key);
    if (same) return same;
    state.id = finished.size + 1;
    finished.set(key, state);
    return state;
  };
  const path = [newState()];
  const finishFrom = (depth: number): void => {
    for (let at = path.length - 1; at > depth; at--) {
      const state = path.pop()!;
      path[at - 1]!.edges.at(-1)![1] = finish(state);
    }
  };
  let before: Uint8Array = new Uint8Array(0);
  for (const word of sorted) {
    let shared = 0;
    while (shared < before.length && before[shared] === word[shared]) shared++;
    finishFrom(shared);
    for (const byte of word.subarray(shared)) {
      const state = newState();
      path.at(-1)!.edges.push([byte, state]);
      path.push(state);
    }
    path.at(-1)!.isEnd = true;
    before = word;
  }
  finishFrom(0);
  return path[0]!;
}

function layOut(root: State, longest: number): Uint8Array {
  const numbers = new Map<State, number>();
  const states: State[] = [];
  let edges = 1; // 0 says that nothing follows
  const visit = (state: State): void => {
    for (const [, to] of state.edges) {
      if (!to.edges.length || numbers.has(to)) continue;
      numbers.set(to, edges);
      states.push(to);
      edges += to.edges.length;
      visit(to);
    }
  };
  visit(root);
  if (edges > MAX_EDGES) throw new Error("the word list is too long");
  const form = new Uint32Array(1 + 256 + edges);
  const word = ([byte, to]: State["edges"][number]): number =>
    byte | (to.isEnd ? ENDS : 0) | ((numbers.get(to) ?? 0) << TARGET_SHIFT);
  form[0] = longest;
  for (const edge of root.edges) form[1 + edge[0]] = word(edge);
  for (const state of states) {
    const first = 1 + 256 + numbers.get(state)!;
    state.edges.forEach((edge, i) => {
      form[first + i] = word(edge) | (i === state.edges.length - 1 ? LAST : 0);
    });
  }
  return new Uint8Array(form.buffer);
}
