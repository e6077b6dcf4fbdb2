import { JsonValue, parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  ConfigErrors,
  ConfigReader,
  findFormField,
  matchesWildcard,
  normalisePath,
  NOT_A_TIME,
  parseRfc3339,
  pathOnly,
  QueryReader,
  QuerySyntax,
  readTime,
  withoutParameters,
} from "@ai-gateway-wasm/kit";
import { HostPattern, hostOf } from "@ai-gateway-wasm/kit/assembly/rules/host-pattern";
import { matchesService } from "@ai-gateway-wasm/kit/assembly/rules/service-pattern";
import { answer, answerBuilder, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/* The parts of the kit that need no host, one operation each. */

const F: string = "f";

/** A reader for the JSON object that is the first argument. */
function reader(): ConfigReader {
  const document = parseJson(argument(0));
  const empty = parseJson(bytes("{}"));
  return new ConfigReader((document === null ? empty : document) as JsonValue, new ConfigErrors());
}

function word(text: string): void {
  if (answerBuilder().length > 0) answerBuilder().appendByte(0x7c);
  answerText(text);
}

function texts(list: Slice[]): void {
  for (let i = 0; i < list.length; i++) {
    answerBuilder().appendByte(0x5b).append(list[i]).appendByte(0x5d);
  }
}

/** Field `f` in every type: presence | text | flag | flag or true | switch | list */
export function coerce(): void {
  const config = reader();
  word(config.has(F) ? "present" : "missing");
  word(config.text(F, bytes("fallback")).toString());
  word(config.flag(F) ? "true" : "false");
  word(config.flag(F, true) ? "true" : "false");
  word((config.tristate(F) as i32).toString());
  word("");
  texts(config.texts(F));
}

/** Field `f` as integer between the bounds; then what is wrong. */
export function integer(): void {
  const config = reader();
  word(config.integer(F, 42, -10, 1000).toString());
  word(config.errors.message);
}

/** Whether field `f` is missing, null or an empty list. */
export function emptiness(): void {
  word(reader().isEmpty(F) ? "empty" : "filled");
}

export function choice(): void {
  const config = reader();
  word(config.choice(F, ["red", "green"], -1).toString());
  word(config.errors.message);
}

/** Refuses field `f` of the object at `a[1].b`. */
export function nested(): void {
  const config = reader();
  const list = config.objects("a");
  word(list.length.toString());
  const inner = list[1].object("b");
  if (inner !== null) inner.refuse(F, "is wrong");
  config.refuse("later", "does not count");
  word(config.errors.message);
  const attempt = list[0].attempt();
  attempt.refuse(F, "alone");
  word(attempt.errors.message);
}

/** Seconds, or null for no time. */
export function rfc3339(): void {
  seconds(parseRfc3339(argument(0)));
}

export function time(): void {
  const value = parseJson(argument(0));
  if (value !== null) seconds(readTime(value));
}

function seconds(value: i64): void {
  if (value == NOT_A_TIME) answer(null);
  else answerBuilder().appendInteger(value);
}

/** The parameters of a path: name=value, one per line. */
export function query(syntax: i32): void {
  const parameters = new QueryReader(argument(0), syntax as QuerySyntax);
  while (parameters.next()) {
    answerBuilder().append(parameters.name).appendByte(0x3d).append(parameters.value);
    answerBuilder().appendByte(0x0a);
  }
}

export function without(syntax: i32): void {
  answer(withoutParameters(argument(0), [argument(1), argument(2)], syntax as QuerySyntax));
}

export function normalised(): void {
  answer(normalisePath(argument(0)));
}

export function path(): void {
  answer(pathOnly(argument(0)));
}

/** count | value, of body, content type and field */
export function form(): void {
  const field = findFormField(argument(0), argument(1), argument(2));
  word(field.count.toString());
  const value = field.value;
  word(value === null ? "null" : value.toString());
}

export function wildcard(): void {
  answerText(matchesWildcard(argument(0), argument(1)) ? "true" : "false");
}

/** Pattern and `:authority`. */
export function host(): void {
  const matches = new HostPattern(argument(0)).matches(hostOf(argument(1)));
  answerText(matches ? "true" : "false");
}

export function service(): void {
  answerText(matchesService(argument(0), argument(1)) ? "true" : "false");
}
