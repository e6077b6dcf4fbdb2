import { JsonValue, stringOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";

/** Arrays inside arrays that an answer may have. Scripts of ours answer two levels. */
const MAX_DEPTH: i32 = 16;

/** A value of Redis that came as JSON; what Redis does not have becomes null. */
export function replyFromJson(value: JsonValue, depth: i32): RedisReply {
  if (value.isString) return new RedisReply(RedisType.Text, stringOf(value));
  if (value.isNumber) return new RedisReply(RedisType.Integer, value.raw);
  if (!value.isArray || depth == MAX_DEPTH) return new RedisReply(RedisType.Null, NO_BYTES);
  const items: RedisReply[] = [];
  const elements = value.entries();
  while (elements.next()) items.push(replyFromJson(elements.value, depth + 1));
  return new RedisReply(RedisType.Array, NO_BYTES, items);
}
