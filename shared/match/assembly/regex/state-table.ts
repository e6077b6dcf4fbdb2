import { Machine } from "./machine";

const UNKNOWN: i32 = -1;

const MAX_STATES: i32 = 256;
/** Memory for the states of one pattern, in bytes. */
const MAX_BYTES: i32 = 64 * 1024;

/**
 * The states of a machine that were met, and where each class of bytes leads from them. Per state:
 *
 *   before │ bits of the steps     …in `keys`     and one target per class in `targets`
 *
 * A state is called by the offset of its row of targets, in bytes: to go on costs an addition and a
 * look. What is negative is no state.
 */
@final
export class StateTable {
  private readonly keyWidth: i32;
  private readonly capacity: i32;
  private keys: StaticArray<u32>;
  private targets: StaticArray<i32>;
  /** Hash → number of the state from 1, open addressing, never more than half full. 0: free. */
  private readonly index: StaticArray<i32>;
  private count: i32 = 0;

  /**
   * @param words of a set's bits
   * @param width of a row of targets: the classes, and the end of the text
   */
  constructor(
    readonly words: i32,
    private readonly width: i32,
  ) {
    const perState = (words + 1 + width) << 2;
    this.keyWidth = words + 1;
    this.capacity = min(MAX_STATES, max(4, MAX_BYTES / perState));
    this.keys = new StaticArray<u32>(16 * (words + 1));
    this.targets = new StaticArray<i32>(16 * width);
    this.index = new StaticArray<i32>(2 * MAX_STATES + 16);
  }

  get isFull(): bool {
    return this.count >= this.capacity;
  }

  /** Address of the first row, until a state is made. */
  get rows(): usize {
    return changetype<usize>(this.targets);
  }

  /**
   * Where a class leads from a state; UNKNOWN (-1) when it was not asked yet.
   *
   * @param rows `rows`, which V8 would load again for every byte
   */
  @inline
  static target(rows: usize, state: i32, byteClass: i32): i32 {
    // Unchecked: states are offsets we gave, classes are below the width.
    return load<i32>(rows + <usize>state + ((<usize>byteClass) << 2));
  }

  setTarget(state: i32, byteClass: i32, to: i32): void {
    this.targets[(state >> 2) + byteClass] = to;
  }

  /** True when the machine is at no step at all. */
  isEmpty(machine: Machine): bool {
    for (let i = 0; i < this.words; i++) {
      if (machine.now.bits[i] != 0) return false;
    }
    return true;
  }

  /** The state that the machine is in; a new one unless it was met before. */
  stateOf(machine: Machine): i32 {
    const slots = this.index.length;
    let slot = <i32>(this.hashOf(machine) % <u32>slots);
    for (; this.index[slot] != 0; slot = slot + 1 == slots ? 0 : slot + 1) {
      const number = this.index[slot] - 1;
      if (this.equals(number, machine)) return number * this.rowBytes;
    }
    this.index[slot] = this.count + 1;
    return this.keep(machine);
  }

  /** Puts the machine into a state. */
  restore(state: i32, machine: Machine): void {
    machine.now.clear(); // no state that is kept has a match
    machine.before = this.beforeOf(state);
    const bits = changetype<usize>(machine.now.bits);
    memory.copy(bits, this.bitsOf(state), (<usize>this.words) << 2);
  }

  /** Address of the bits of the steps that a state stands for, until a state is made. */
  bitsOf(state: i32): usize {
    const at = (state / this.rowBytes) * this.keyWidth + 1;
    return changetype<usize>(this.keys) + ((<usize>at) << 2);
  }

  /** What stood before a state, as `Machine.before`. */
  beforeOf(state: i32): i32 {
    return this.keys[(state / this.rowBytes) * this.keyWidth];
  }

  /** Forgets all states. */
  clear(): void {
    this.count = 0;
    memory.fill(changetype<usize>(this.index), 0, (<usize>this.index.length) << 2);
  }

  private keep(machine: Machine): i32 {
    const number = this.count++;
    this.reserve(this.count);
    const at = number * this.keyWidth;
    this.keys[at] = machine.before;
    for (let i = 0; i < this.words; i++) this.keys[at + 1 + i] = machine.now.bits[i];
    const state = number * this.rowBytes;
    for (let i = 0; i < this.width; i++) this.setTarget(state, i, UNKNOWN);
    return state;
  }

  private equals(number: i32, machine: Machine): bool {
    const at = number * this.keyWidth;
    if (<i32>this.keys[at] != machine.before) return false;
    for (let i = 0; i < this.words; i++) {
      if (this.keys[at + 1 + i] != machine.now.bits[i]) return false;
    }
    return true;
  }

  /** FNV-1a over the words. */
  private hashOf(machine: Machine): u32 {
    let hash: u32 = 0x811c9dc5 ^ machine.before;
    for (let i = 0; i < this.words; i++) hash = (hash ^ machine.now.bits[i]) * 0x01000193;
    return hash ^ (hash >> 15);
  }

  private get rowBytes(): i32 {
    return this.width << 2;
  }

  private reserve(states: i32): void {
    if (states * this.width <= this.targets.length) return;
    const room = states << 1;
    const keys = new StaticArray<u32>(room * this.keyWidth);
    const targets = new StaticArray<i32>(room * this.width);
    memory.copy(
      changetype<usize>(keys),
      changetype<usize>(this.keys),
      (<usize>this.keys.length) << 2,
    );
    memory.copy(
      changetype<usize>(targets),
      changetype<usize>(this.targets),
      (<usize>this.targets.length) << 2,
    );
    this.keys = keys;
    this.targets = targets;
  }
}
