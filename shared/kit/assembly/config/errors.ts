/** Collects why a configuration is refused; the first reason counts. */
@final
export class ConfigErrors {
  /** Is there a reason? */
  any: bool = false;
  /** The first reason, or an empty text. */
  message: string = "";
  /** The first reason is none that users of the peer know: the peer would have taken what was refused. */
  isOurs: bool = false;
  /** A line of the log has said where; the message does not. */
  isPlaced: bool = false;

  add(message: string, isOurs: bool = false): void {
    if (this.any) return;
    this.message = message;
    this.isOurs = isOurs;
    this.any = true;
  }
}
