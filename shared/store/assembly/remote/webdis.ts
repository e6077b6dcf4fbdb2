import { JsonValue, parseJson, stringOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { replyFromJson } from "./json-reply";
import { RestDialect } from "./rest-dialect";

const HEX: Slice = bytes("0123456789abcdef");
const EVAL: Slice = bytes("eval");

/**
 * What a script becomes: Webdis (0.1.9) answers lists inside lists as null, so the answer is one
 * text, JSON inside JSON. It says what Redis would: a list ends before its first nil, numbers are
 * cut to integers (cjson would keep 14 digits of them), false is null.
 */
const BEFORE: Slice = bytes("local function run() ");
const AFTER: Slice = bytes(
  " end local function text(v) " +
    "if type(v)=='table' then " +
    "local t={} for i,x in ipairs(v) do t[i]=text(x) end " +
    "return '['..table.concat(t,',')..']' end " +
    "if type(v)~='number' then return 'null' end " +
    "v=v-math.fmod(v,1) return v==v and string.format('%.0f',v) or '0' " +
    "end local answer=run() " +
    "if type(answer)=='table' and answer.err then return answer end return text(answer)",
);

/**
 * Webdis (token-rate-limit.md 7.3): the command is the body, its parts percent-encoded.
 *
 *   GET/quota%3aalice  ──►  {"GET":"42"}
 *   SET/k/v            ──►  {"SET":[true,"OK"]}     a status
 *   eval/…             ──►  {"eval":"[[1000,250,42]]"}  what a script of ours answers
 *   eval/…             ──►  {"eval":[false,"ERR …"]}  an error, with 200 as well
 */
@final
export class WebdisDialect extends RestDialect {
  constructor(
    /** 0: the one that Webdis is configured with. */
    private readonly database: i32,
  ) {
    super();
  }

  override encode(words: Slice[]): Slice {
    const out = new Builder(256);
    if (this.database != 0) out.appendInteger(this.database).appendByte(0x2f);
    const isScript = words[0].equals(EVAL);
    for (let i = 0; i < words.length; i++) {
      if (i > 0) out.appendByte(0x2f);
      if (isScript && i == 1) appendEncoded(out, BEFORE);
      appendEncoded(out, words[i]);
      if (isScript && i == 1) appendEncoded(out, AFTER);
    }
    return out.view();
  }

  override decode(body: Slice): RedisReply | null {
    const document = parseJson(body);
    if (document === null || !document.isObject) return null;
    const members = document.entries();
    if (!members.next()) return null;
    const value = members.value;
    if (isStatus(value)) return statusReply(value);
    if (!value.isString || !members.keyIs(EVAL)) return replyFromJson(value, 0);
    const answer = parseJson(stringOf(value));
    return answer === null ? null : replyFromJson(answer, 0);
  }
}

/** Two elements, the first true or false. No script of ours answers a boolean. */
function isStatus(value: JsonValue): bool {
  const first = value.item(0);
  return first !== null && first.isBoolean;
}

function statusReply(value: JsonValue): RedisReply {
  const first = value.item(0);
  const text = value.item(1);
  const isFine = first !== null && first.raw.at(0) == 0x74; // t
  return new RedisReply(
    isFine ? RedisType.Text : RedisType.Error,
    text === null ? NO_BYTES : stringOf(text),
  );
}

/** `/` separates, `?` ends, `+` is a blank, and a known ending after `.` changes the format. */
function appendEncoded(out: Builder, word: Slice): void {
  for (let i = 0; i < word.length; i++) {
    const byte = <u8>word.at(i);
    if (isPlain(byte)) {
      out.appendByte(byte);
    } else {
      out.appendByte(0x25);
      out.appendByte(<u8>HEX.at(byte >> 4)).appendByte(<u8>HEX.at(byte & 15));
    }
  }
}

function isPlain(byte: u8): bool {
  const isLetter = <u32>((byte | 0x20) - 0x61) < 26;
  const isDigit = <u32>(byte - 0x30) < 10;
  return isLetter || isDigit || byte == 0x2d || byte == 0x5f || byte == 0x7e;
}
