/**
 * Something the user can put right: the message is one line that says what is wrong and what to do.
 * Shown without a stack trace.
 */
export class Problem extends Error {
  override readonly name = "Problem";
}
