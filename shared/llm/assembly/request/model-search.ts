import { Slice } from "@ai-gateway-wasm/bytes";
import { ModelField } from "./model-field";

/** What is known of a body that is still coming. */
export const enum Progress {
  /** Nothing yet. */
  Searching,
  /** Where its model stands. */
  Found,
  /** That only the whole of it tells: it has no model, or is not what it should be. */
  Lost,
}

/** The longest name, key or head of a part that is waited for when a piece cuts it off. */
export const LONGEST_TOKEN: i32 = 32768;

/**
 * Finds the model in a body that arrives in pieces, cut anywhere, and stops there:
 *
 *   progress = search.feed(the body from `offset` on);
 *   if (progress == Progress.Found) field = search.field(the first `end` bytes of the body);
 *
 * What stands before the model is not validated, and of what stands behind it nothing is known.
 * What a piece cuts off is read again with the next one. What is found does not depend on how the
 * body is cut.
 */
export abstract class ModelSearch {
  /** Bytes of the body that need not be read again. */
  offset: i32 = 0;
  /** Where the model begins and ends in the body, once it is found. */
  start: i32 = 0;
  end: i32 = 0;

  /** Takes what stands behind `offset`, all of it again that was there before. */
  abstract feed(piece: Slice): Progress;

  /** @param body its first `end` bytes */
  abstract field(body: Slice): ModelField;
}
