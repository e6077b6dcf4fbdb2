/** Collects why a configuration is refused; the first reason counts. */
@final
export class ConfigErrors {
  /** Is there a reason? */
  any: bool = false;
  /** The first reason, or an empty text. */
  message: string = "";
  /** A line of the log has said where; the message does not. */
  isPlaced: bool = false;

  add(message: string): void {
    if (!this.any) this.message = message;
    this.any = true;
  }
}
