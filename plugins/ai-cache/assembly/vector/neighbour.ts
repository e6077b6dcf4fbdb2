import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** Age that is not known. */
export const NO_TIME: i64 = 0;

/** One result of a search. */
@final
export class Neighbour {
  /** Seconds since 1970. */
  createdAt: i64 = NO_TIME;

  constructor(
    /** The question as it is stored. */
    readonly text: Slice,
    readonly score: f64,
    readonly answer: Slice,
  ) {}
}

/** Results of one search, more than any `topK`: each takes memory until the callback returns. */
const MOST_RESULTS: i32 = 16384;

/** The results of a search, best first. Views of the answer of the database. */
@final
export class Neighbours {
  readonly list: Neighbour[] = [];
  /** What the first result that is none lacks. */
  failure: string = "";

  /** No more are read. */
  get isFull(): bool {
    return this.list.length == MOST_RESULTS;
  }

  add(neighbour: Neighbour): void {
    this.list.push(neighbour);
  }

  /** A result that is none; where it is the first, there is no answer. */
  addBroken(failure: string): void {
    if (this.failure.length == 0) this.failure = failure;
    this.list.push(new Neighbour(NO_BYTES, NaN, NO_BYTES));
  }
}

/** What a search came to. */
@final
export class Nearest {
  /** When the answer was given, in seconds since 1970. */
  createdAt: i64 = NO_TIME;

  constructor(
    /** The stored question of the same partition that is nearest, kept, without any mark of ours. */
    readonly text: Slice,
    readonly answer: Slice,
    readonly score: f64,
    /** It is near enough. */
    readonly isAccepted: bool,
    /** Why there is nothing, for a log line; empty: there is something. */
    readonly failure: string,
    /** The database gave no proper answer: it is not that it knows nothing. */
    readonly isTrouble: bool = false,
  ) {}

  static none(reason: string): Nearest {
    return new Nearest(NO_BYTES, NO_BYTES, NaN, false, reason);
  }

  static failed(reason: string): Nearest {
    return new Nearest(NO_BYTES, NO_BYTES, NaN, false, reason, true);
  }
}
