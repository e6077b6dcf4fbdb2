/** Collects why a configuration is refused; the first reason counts. */
@final
export class ConfigErrors {
  private first: string | null = null;

  add(message: string): void {
    if (this.first === null) this.first = message;
  }

  get any(): bool {
    return this.first !== null;
  }

  /** The first reason, or an empty text. */
  get message(): string {
    const first = this.first;
    return first === null ? "" : first;
  }
}
