import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { ownFlag } from "../../own-fields";

/**
 * Fields of the qwen3guard plugin, each with a spelling in snake case and one in camel case
 * (content-security.md 2.7). Texts: the first that is not blank counts. Others: the first that is
 * there. Errors name the first.
 */
@final
export class Spellings {
  /** @param hasSnake false: another configuration, whose fields have but the second spelling */
  constructor(
    readonly config: ConfigReader,
    private readonly hasSnake: bool = true,
  ) {}

  text(snake: string, camel: string, fallback: Slice = NO_BYTES): Slice {
    const first = trim(this.config.text(snake));
    if (!first.isEmpty) return first;
    const second = trim(this.config.text(camel));
    return second.isEmpty ? fallback : second;
  }

  /** A text that must be there. */
  required(snake: string, camel: string): Slice {
    const text = this.text(snake, camel);
    if (text.isEmpty) this.refuse(snake + " is required");
    return text;
  }

  flag(snake: string, camel: string, fallback: bool): bool {
    const config = this.config;
    if (!this.hasSnake) return ownFlag(config, camel, fallback);
    return config.flag(config.has(snake) ? snake : camel, fallback);
  }

  /** An integer that must be greater than 0. */
  positive(snake: string, camel: string, fallback: i64): i64 {
    const field = this.config.has(snake) ? snake : camel;
    return this.checked(snake, this.config.integer(field, fallback));
  }

  /** The same without a fallback; a zero in the first spelling leaves it to the second. */
  requiredPositive(snake: string, camel: string): i64 {
    const first = this.config.integer(snake, 0);
    return this.checked(snake, first == 0 ? this.config.integer(camel, 0) : first);
  }

  /** In the peer's words; of a back end in a list with its place. */
  refuse(message: string): void {
    const path = this.config.path;
    this.config.refuseWith(path.length == 0 ? message : path + ": " + message);
  }

  private checked(snake: string, value: i64): i64 {
    if (value <= 0) this.refuse(snake + " must be greater than 0");
    return min<i64>(value, i32.MAX_VALUE);
  }
}
