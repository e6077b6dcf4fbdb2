import { compileKeyPath, compilePath, JsonPath, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { ApiType } from "./api/type";
import { Spellings } from "./backend/guard/spellings";
import { Dialect } from "./dialect";

const REQUEST: string = "requestContentJsonPath";
const RESPONSE: string = "responseContentJsonPath";
const STREAM: string = "responseStreamContentJsonPath";
const RESPONSE_OTHERS: string = "responseContentFallbackJsonPaths";
const STREAM_OTHERS: string = "responseStreamContentFallbackJsonPaths";
const ERROR: string = "responseErrorContentJsonPath";

const REQUEST_PATH: Slice = bytes("messages.@reverse.0.content");
const RESPONSE_PATH: Slice = bytes("choices.0.message.content");
const STREAM_PATH: Slice = bytes("choices.0.delta.content");
const RESPONSE_FALLBACKS: Slice[] = [RESPONSE_PATH, bytes('content.#(type=="text")#.text')];
const STREAM_FALLBACKS: Slice[] = [STREAM_PATH, bytes("delta.text")];

/** Where texts stand when a configuration does not say. */
@final
class DefaultPaths {
  constructor(
    readonly request: Slice,
    readonly response: Slice,
    readonly stream: Slice,
    /** No bytes: nowhere. */
    readonly error: Slice = NO_BYTES,
  ) {}
}

/** The peers' for every API. */
const CHAT: DefaultPaths = new DefaultPaths(REQUEST_PATH, RESPONSE_PATH, STREAM_PATH);
const RESULT_PATH: Slice = bytes("result.content");
const MCP: DefaultPaths = new DefaultPaths(bytes("params.arguments"), RESULT_PATH, RESULT_PATH);
const EMBEDDING: DefaultPaths = new DefaultPaths(
  bytes("input"),
  bytes("data"),
  STREAM_PATH,
  bytes("error.message"),
);

/** Where texts stand; the first path that finds one counts. */
@final
export class TextPaths {
  readonly request: JsonPath[] = [];
  readonly response: JsonPath[] = [];
  /** In an event. */
  readonly stream: JsonPath[] = [];
  /** Where errors speak; none: they do not. */
  readonly errors: JsonPath[] = [];
  /** Those in an event are keys and indexes alone: no text decides where texts are. */
  areEventsPlain: bool = false;
  /** What one path does not find is nowhere. */
  private readonly isSingle: bool;

  /** In the fields of ai-security-guard, or of qwen3guard (content-security.md 2.2, 2.7). */
  constructor(config: ConfigReader, dialect: Dialect, type: ApiType) {
    this.isSingle = type == ApiType.Mcp || type == ApiType.Embedding;
    if (dialect == Dialect.Guard) this.readGuard(new Spellings(config));
    else if (dialect != Dialect.Ours) this.read(config, CHAT);
    else
      this.read(config, type == ApiType.Mcp ? MCP : type == ApiType.Embedding ? EMBEDDING : CHAT);
  }

  private read(config: ConfigReader, defaults: DefaultPaths): void {
    compile(config, REQUEST, trim(config.text(REQUEST, defaults.request)), this.request);
    const response = trim(config.text(RESPONSE, defaults.response));
    this.readAll(config, RESPONSE, response, RESPONSE_OTHERS, RESPONSE_FALLBACKS, this.response);
    const stream = trim(config.text(STREAM, defaults.stream));
    const others = STREAM_FALLBACKS;
    this.areEventsPlain = this.readAll(config, STREAM, stream, STREAM_OTHERS, others, this.stream);
    const error = trim(config.text(ERROR, defaults.error));
    compile(config, ERROR, error, this.errors);
  }

  /** The peer knows one path each; others are ours. */
  private readGuard(fields: Spellings): void {
    const config = fields.config;
    const requestField = "request_content_json_path";
    compile(config, requestField, fields.text(requestField, REQUEST, REQUEST_PATH), this.request);
    const responseField = "response_content_json_path";
    const response = fields.text(responseField, RESPONSE, RESPONSE_PATH);
    this.readAll(config, responseField, response, RESPONSE_OTHERS, [], this.response);
    const streamField = "streaming_response_content_json_path";
    const stream = fields.text(streamField, "streamingResponseContentJsonPath", STREAM_PATH);
    this.areEventsPlain = this.readAll(config, streamField, stream, STREAM_OTHERS, [], this.stream);
  }

  /** The first path, and those that stand in for it. @returns true: all are keys and indexes alone */
  private readAll(
    config: ConfigReader,
    field: string,
    first: Slice,
    othersField: string,
    fallbacks: Slice[],
    to: JsonPath[],
  ): bool {
    const all: Slice[] = [first];
    compile(config, field, first, to);
    const rest: JsonPath[] = this.isSingle ? [] : to;
    const others = config.has(othersField) ? readList(config, othersField) : fallbacks;
    for (let i = 0; i < others.length; i++) {
      if (addNew(all, others[i])) compile(config, othersField, others[i], rest);
    }
    return arePlain(all);
  }
}

/** What is at the first path; null: nothing, or there is no path. */
export function readFirst(paths: JsonPath[], root: JsonValue | null): JsonValue | null {
  return paths.length > 0 ? paths[0].read(root) : null;
}

/** An empty path finds nothing, as in the peer. */
function compile(config: ConfigReader, field: string, text: Slice, to: JsonPath[]): void {
  if (text.isEmpty) return;
  const path = compilePath(text.toString());
  if (path === null) config.refuse(field, "is not a JSON path");
  else to.push(path);
}

function arePlain(paths: Slice[]): bool {
  for (let i = 0; i < paths.length; i++) {
    if (compileKeyPath(paths[i].toString()) === null) return false;
  }
  return true;
}

function readList(config: ConfigReader, field: string): Slice[] {
  const message = "invalid " + field + ", value must be an array of non-empty strings";
  const value = config.find(field);
  if (value === null || !value.isArray) {
    config.refuseWith(message);
    return [];
  }
  const paths: Slice[] = [];
  const items = config.list(field);
  for (let i = 0; i < items.length; i++) {
    const path = items[i].isString ? trim(config.texts(field)[i]) : bytes("");
    if (path.isEmpty) config.refuseWith(message);
    else paths.push(path);
  }
  return paths;
}

/** @returns false: it was there */
function addNew(paths: Slice[], path: Slice): bool {
  for (let i = 0; i < paths.length; i++) {
    if (paths[i].equals(path)) return false;
  }
  paths.push(path);
  return true;
}
