import { Escape, JsonWriter, parseJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { replyFromJson } from "./json-reply";
import { RestDialect } from "./rest-dialect";

const ERROR: Slice = bytes("error");
const RESULT: Slice = bytes("result");

/**
 * Upstash' REST interface, and servers that imitate it:
 *
 *   ["EVAL","return 1","0"]  ──►  {"result":1}  or  {"error":"ERR …"}, the latter with 400 or 401
 */
@final
export class UpstashDialect extends RestDialect {
  override encode(words: Slice[]): Slice {
    const json = new JsonWriter(Escape.Plain).openArray();
    for (let i = 0; i < words.length; i++) json.text(words[i]);
    return json.closeArray().toSlice();
  }

  override decode(body: Slice): RedisReply | null {
    const document = parseJson(body);
    if (document === null) return null;
    const error = document.get(ERROR);
    if (error !== null) return new RedisReply(RedisType.Error, stringOf(error));
    const result = document.get(RESULT);
    return result === null ? null : replyFromJson(result, 0);
  }
}
