import { compilePath, JsonPath, PathError, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { CacheConfig } from "./config";

const KEY: Slice = bytes("messages.@reverse.0.content");
const VALUE: Slice = bytes("choices.0.message.content");
const STREAM_VALUE: Slice = bytes("choices.0.delta.content");
const REQUEST_BODY: Slice = bytes("requestBody");
const RESPONSE_BODY: Slice = bytes("responseBody");

/** Reads where question and answer stand; defaults stay null, they are read without a path. */
export function readPaths(json: ConfigReader, config: CacheConfig): void {
  config.keyPath = readPath(json, "cacheKeyFrom", KEY);
  if (config.keyPath !== null) config.keyMembers = plainMembers(pathText(json, "cacheKeyFrom"));
  config.valuePath = readPath(json, "cacheValueFrom", VALUE);
  config.streamValuePath = readPath(json, "cacheStreamValueFrom", STREAM_VALUE);
  config.toolCallsPath = readPath(json, "cacheToolCallsFrom", NO_BYTES);
}

function readPath(json: ConfigReader, field: string, usual: Slice): JsonPath | null {
  const text = pathText(json, field);
  if (text.isEmpty || text.equals(usual)) return null;
  const error = new PathError();
  const path = compilePath(text.toString(), error);
  if (path === null) json.refuse(field, error.reason);
  return path;
}

/** The members that a path begins with, up to the first component that is more than a name. */
function plainMembers(path: Slice): Slice[] {
  const names: Slice[] = [];
  for (let from = 0, at = 0; at <= path.length; at++) {
    const byte = path.at(at);
    if (byte == 0x2e || byte == 0x7c || at == path.length) {
      names.push(path.sub(from, at));
      from = at + 1;
    } else if (!isPlain(byte)) {
      break;
    }
  }
  return names;
}

function isPlain(byte: i32): bool {
  const isWord = <u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10;
  return isWord || byte == 0x5f || byte == 0x2d || byte >= 0x80;
}

/** A text, or the first generation's object: `{requestBody: path}` or `{responseBody: path}`. */
function pathText(json: ConfigReader, field: string): Slice {
  const value = json.find(field);
  if (value === null || !value.isObject) return json.text(field);
  const response = value.get(RESPONSE_BODY);
  const path = response === null ? value.get(REQUEST_BODY) : response;
  if (path === null) json.refuse(field, "an object must have requestBody or responseBody");
  return textOf(path).copy();
}
