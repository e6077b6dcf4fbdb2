import { integerOf, parseNumber } from "@ai-gateway-wasm/as-json";
import { lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { OwnFields } from "@ai-gateway-wasm/kit";
import { isHeaderName } from "proxy-wasm-as";
import { Template } from "../replay/template";
import { CacheConfig, HeaderTest, Terminator } from "./config";

const TERMINATORS: string[] = ["auto", "always", "never"];
const REPLAYS: string[] = ["template", "structured"];
const STREAM_REPLAYS: string[] = ["single", "chunks"];
const USAGES: string[] = ["zero", "original"];
const TEMPERATURE: string = "maxTemperature";

/** Reads what may be looked up, and what may be stored. */
export function readLimits(ours: OwnFields, config: CacheConfig): void {
  config.cachesNonUserTurns = ours.flag("cacheNonUserTurns", config.cachesNonUserTurns);
  config.terminator = <Terminator>ours.choice("requireTerminator", TERMINATORS, config.terminator);
  if (ours.has("cacheStatus")) config.statuses = readStatuses(ours);
  const reasons = ours.texts("cacheFinishReasons");
  if (reasons !== null) config.finishReasons = reasons;
  config.maxBodyBytes = readSize(ours, "maxBodyBytes", config.maxBodyBytes);
  config.maxKeyBytes = readSize(ours, "maxKeyBytes", config.maxKeyBytes);
  config.maxValueBytes = readSize(ours, "maxValueBytes", config.maxValueBytes);
  config.lookupDeadlineMs = readSize(ours, "lookupDeadlineMs", config.lookupDeadlineMs);
  config.maxMessages = readSize(ours, "maxConversationMessages", 0);
  config.maxTemperature = readTemperature(ours);
  config.bypassOn = readBypass(ours);
  config.obeysCacheControl = ours.flag("requestCacheControl");
}

/** Reads how a hit is answered. */
export function readReplay(ours: OwnFields, config: CacheConfig): void {
  const document = config.template;
  const stream = config.streamTemplate;
  config.template = readTemplate(
    ours,
    "responseTemplate",
    "returnResponseTemplate",
    config.template,
  );
  config.streamTemplate = readTemplate(
    ours,
    "streamResponseTemplate",
    "returnStreamResponseTemplate",
    config.streamTemplate,
  );
  config.hasTemplate = config.template !== document || config.streamTemplate !== stream;
  config.addsHeaders = ours.flag("cacheHeaders");
  config.keepsRecords = ours.choice("replay", REPLAYS, 0) == 1;
  config.replaysChunks = ours.choice("streamReplay", STREAM_REPLAYS, 0) == 1;
  config.showsUsage = ours.choice("cachedUsage", USAGES, 0) == 1;
}

/** The first generation's name wins when it says anything. */
function readTemplate(ours: OwnFields, field: string, old: string, usual: Template): Template {
  const older = ours.text(old);
  const text = older.isEmpty ? ours.text(field) : older;
  return text.isEmpty ? usual : new Template(text);
}

function readSize(ours: OwnFields, field: string, usual: i32): i32 {
  return <i32>ours.integer(field, usual, 0, i32.MAX_VALUE);
}

/** NaN: it is left out. */
function readTemperature(ours: OwnFields): f64 {
  if (!ours.has(TEMPERATURE)) return NaN;
  const highest = parseNumber(ours.text(TEMPERATURE));
  if (!(highest >= 0)) ours.refuse(TEMPERATURE, "must be a number, 0 or more");
  return highest;
}

function readStatuses(ours: OwnFields): i32[] {
  const values = ours.list("cacheStatus");
  const statuses: i32[] = [];
  for (let i = 0; i < values.length; i++) {
    const status = integerOf(values[i]);
    if (status < 100 || status > 599) ours.refuse("cacheStatus", "must be statuses, 100 to 599");
    statuses.push(<i32>status);
  }
  return statuses;
}

function readBypass(ours: OwnFields): HeaderTest[] {
  const tests: HeaderTest[] = [];
  const items = ours.reader.objects("bypassOn");
  for (let i = 0; i < items.length; i++) {
    const header: Slice = lowerCase(items[i].text("header"));
    if (!isHeaderName(header)) items[i].refuse("header", "must be the name of a header");
    const hasValue = new OwnFields(items[i]).has("equals");
    tests.push(new HeaderTest(header, hasValue ? items[i].text("equals") : null));
  }
  return tests;
}
