/** The harness cannot go on truthfully: not a guest's trap, never answered to the guest. */
export class HarnessFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HarnessFault";
  }
}
