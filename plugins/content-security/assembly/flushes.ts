import { ContentStream } from "./stream";

/** The streams of a worker whose windows are due after some time. */
@final
export class Flushes {
  private readonly streams: ContentStream[] = [];

  add(stream: ContentStream): void {
    this.streams.push(stream);
  }

  /** Asks about what has waited long enough, and forgets the streams that are over. */
  tick(): void {
    const streams = this.streams;
    let left = 0;
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i];
      if (stream.tick()) streams[left++] = stream;
    }
    streams.length = left;
  }
}
