/** Steps a search may be at at once, the preferred first, each with the places it came past. */
@final
export class Threads {
  count: i32 = 0;
  private readonly steps: StaticArray<i32>;
  private readonly places: StaticArray<i32>;

  /** @param width places per thread */
  constructor(
    room: i32,
    private readonly width: i32,
  ) {
    this.steps = new StaticArray<i32>(room);
    this.places = new StaticArray<i32>(room * width);
  }

  step(thread: i32): i32 {
    return this.steps[thread];
  }

  add(step: i32, places: StaticArray<i32>): void {
    const thread = this.count++;
    this.steps[thread] = step;
    this.copy(this.at(thread), changetype<usize>(places));
  }

  /** Copies what a thread came past. */
  read(thread: i32, places: StaticArray<i32>): void {
    this.copy(changetype<usize>(places), this.at(thread));
  }

  private at(thread: i32): usize {
    return changetype<usize>(this.places) + ((<usize>(thread * this.width)) << 2);
  }

  private copy(to: usize, from: usize): void {
    memory.copy(to, from, (<usize>this.width) << 2);
  }
}
