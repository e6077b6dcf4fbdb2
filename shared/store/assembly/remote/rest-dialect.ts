import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";

/** What an HTTP front of Redis wants to read, and how it answers. One file per dialect. */
export abstract class RestDialect {
  /** The request body for a command. */
  abstract encode(words: Slice[]): Slice;

  /** The answer in a response body, an error included; null: it is none. */
  abstract decode(body: Slice): RedisReply | null;
}
