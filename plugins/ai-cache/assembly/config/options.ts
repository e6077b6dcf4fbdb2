import { integerOf } from "@ai-gateway-wasm/as-json";
import { lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { isHeaderName } from "proxy-wasm-as";
import { Template } from "../replay/template";
import { CacheConfig, HeaderTest, Terminator } from "./config";
import { readNumber } from "./number";

const TERMINATORS: string[] = ["auto", "always", "never"];
const REPLAYS: string[] = ["template", "structured"];
const STREAM_REPLAYS: string[] = ["single", "chunks"];
const USAGES: string[] = ["zero", "original"];

/** Reads what may be looked up, and what may be stored. */
export function readLimits(json: ConfigReader, config: CacheConfig): void {
  config.cachesNonUserTurns = json.flag("cacheNonUserTurns", config.cachesNonUserTurns);
  config.terminator = <Terminator>json.choice("requireTerminator", TERMINATORS, config.terminator);
  if (json.has("cacheStatus")) config.statuses = readStatuses(json);
  if (json.has("cacheFinishReasons")) config.finishReasons = json.texts("cacheFinishReasons");
  config.maxKeyBytes = readSize(json, "maxKeyBytes", config.maxKeyBytes);
  config.maxValueBytes = readSize(json, "maxValueBytes", config.maxValueBytes);
  config.lookupDeadlineMs = readSize(json, "lookupDeadlineMs", config.lookupDeadlineMs);
  config.maxMessages = readSize(json, "maxConversationMessages", 0);
  config.maxTemperature = readNumber(json, "maxTemperature", 0, "must be a number, 0 or more");
  config.bypassOn = readBypass(json);
  config.obeysCacheControl = json.flag("requestCacheControl");
}

/** Reads how a hit is answered. */
export function readReplay(json: ConfigReader, config: CacheConfig): void {
  config.template = readTemplate(
    json,
    "responseTemplate",
    "returnResponseTemplate",
    config.template,
  );
  config.streamTemplate = readTemplate(
    json,
    "streamResponseTemplate",
    "returnStreamResponseTemplate",
    config.streamTemplate,
  );
  config.addsHeaders = json.flag("cacheHeaders");
  config.keepsRecords = json.choice("replay", REPLAYS, 0) == 1;
  config.replaysChunks = json.choice("streamReplay", STREAM_REPLAYS, 0) == 1;
  config.showsUsage = json.choice("cachedUsage", USAGES, 0) == 1;
}

/** The first generation's name wins when it says anything. */
function readTemplate(json: ConfigReader, field: string, old: string, usual: Template): Template {
  const older = json.text(old);
  const text = older.isEmpty ? json.text(field) : older;
  return text.isEmpty ? usual : new Template(text);
}

function readSize(json: ConfigReader, field: string, usual: i32): i32 {
  return <i32>json.integer(field, usual, 0, i32.MAX_VALUE);
}

function readStatuses(json: ConfigReader): i32[] {
  const values = json.list("cacheStatus");
  const statuses: i32[] = [];
  for (let i = 0; i < values.length; i++) {
    const status = integerOf(values[i]);
    if (status < 100 || status > 599) json.refuse("cacheStatus", "must be statuses, 100 to 599");
    statuses.push(<i32>status);
  }
  return statuses;
}

function readBypass(json: ConfigReader): HeaderTest[] {
  const tests: HeaderTest[] = [];
  const items = json.objects("bypassOn");
  for (let i = 0; i < items.length; i++) {
    const header: Slice = lowerCase(items[i].text("header"));
    if (!isHeaderName(header)) items[i].refuse("header", "must be the name of a header");
    tests.push(new HeaderTest(header, items[i].text("equals")));
  }
  return tests;
}
