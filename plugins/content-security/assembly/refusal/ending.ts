import { Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";

/** Follows a stream of events, so that it can be ended well wherever it stands. One per stream. */
export abstract class Ending {
  /** An event goes out, as it came: with its blank line or without. */
  pass(_event: Slice): void {}

  /** The last events of a stream that is refused. */
  abstract events(denial: Denial): Slice;
}
