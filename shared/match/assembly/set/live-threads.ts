import { Slice } from "@ai-gateway-wasm/bytes";
import { isContinuation, placesAt } from "../find/places";
import { Op, Program } from "../regex/program";

/**
 * Where the oldest match began that may still go on at the end of a text. It runs the program with
 * a thread per step in the order of their beginnings, over the text that was not let go yet.
 */
@final
export class LiveThreads {
  /** Steps that read a byte or match, and where their threads began; oldest first. */
  private steps: StaticArray<i32>;
  private starts: StaticArray<i32>;
  private length: i32 = 0;
  private lastSteps: StaticArray<i32>;
  private lastStarts: StaticArray<i32>;
  private readonly added: StaticArray<u32>;
  private round: u32 = 0;
  private readonly waiting: i32[] = [];

  constructor(private readonly program: Program) {
    const room = program.length;
    this.steps = new StaticArray<i32>(room);
    this.starts = new StaticArray<i32>(room);
    this.lastSteps = new StaticArray<i32>(room);
    this.lastStarts = new StaticArray<i32>(room);
    this.added = new StaticArray<u32>(room);
  }

  /** Bytes from the beginning of the oldest match that may go on to the end of the text; 0: none. */
  count(text: Slice, from: i32): i32 {
    this.length = 0;
    this.round++;
    for (let at = from; at < text.length; at++) {
      if (!isContinuation(text.at(at))) {
        this.add(this.program.start, at, placesAt(text, at), false);
      }
      this.read(text, at);
    }
    return this.length > 0 ? text.length - this.starts[0] : 0;
  }

  /** Moves all threads over a byte. Behind the last one nobody knows which assertions hold. */
  private read(text: Slice, at: i32): void {
    const program = this.program;
    const steps = this.steps;
    const starts = this.starts;
    const count = this.length;
    this.steps = this.lastSteps;
    this.starts = this.lastStarts;
    this.lastSteps = steps;
    this.lastStarts = starts;
    this.length = 0;
    this.round++;
    const byte = text.at(at);
    const isLast = at + 1 == text.length;
    const places = program.places == 0 || isLast ? 0 : placesAt(text, at + 1);
    for (let thread = 0; thread < count; thread++) {
      const step = steps[thread];
      const reads =
        program.op(step) == Op.Byte && program.lo(step) <= byte && byte <= program.hi(step);
      if (reads) this.add(program.x(step), starts[thread], places, isLast);
    }
  }

  /** Adds a step and all that can be reached from it. @param keeps assertions as if they were steps */
  private add(step: i32, start: i32, places: i32, keeps: bool): void {
    const program = this.program;
    const waiting = this.waiting;
    waiting.push(step);
    while (waiting.length > 0) {
      step = waiting.pop();
      if (this.added[step] == this.round) continue;
      this.added[step] = this.round;
      const op = program.op(step);
      if (op == Op.Split) {
        waiting.push(program.y(step));
        waiting.push(program.x(step));
      } else if (op == Op.Assert && !keeps) {
        if ((program.y(step) & places) != 0) waiting.push(program.x(step));
      } else {
        this.steps[this.length] = step;
        this.starts[this.length++] = start;
      }
    }
  }
}
