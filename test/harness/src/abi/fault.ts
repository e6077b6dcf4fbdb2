/** The harness cannot go on truthfully: not a guest's trap, never answered to the guest. */
export class HarnessFault extends Error {
  /** @param cause what JavaScript threw, where that is the reason */
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "HarnessFault";
  }
}
