import { ReplayListener } from "./listener-replay";

/** How often somebody looks whether a request has waited long enough, in milliseconds. */
export const TICK_MS: i32 = 250;

/** Requests of `replay` that wait for the end of a failed answer, which may never come. */
@final
export class Waiting {
  private streams: ReplayListener[] = [];

  add(stream: ReplayListener): void {
    this.streams.push(stream);
  }

  /** Lets go of those that have waited long enough, or need not any more. */
  look(nowMs: i64): void {
    const streams = this.streams;
    this.streams = [];
    for (let i = 0; i < streams.length; i++) {
      if (streams[i].waits(nowMs)) this.streams.push(streams[i]);
    }
  }
}
