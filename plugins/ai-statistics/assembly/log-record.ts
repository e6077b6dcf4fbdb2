import { appendEscaped, escape, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { appendGoEscaped } from "@ai-gateway-wasm/as-json/go-escape";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import {
  AI_LOG,
  Attribute as LogMember,
  AttributeMap,
  setSpanTag,
  writeToLog,
} from "@ai-gateway-wasm/kit/attributes";
import { getProperty, setProperty } from "proxy-wasm-as";
import { Attribute } from "./attribute";
import { StatisticsConfig } from "./config";
import { Value } from "./value";

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN: u8 = 0x7b;
const CLOSE: u8 = 0x7d;

/** Bytes that the buffers below may keep. */
const MOST_KEPT: i32 = 64 * 1024;
/** Needed for a moment at a time, so all requests of the VM share them. */
let spelled: Builder = new Builder(4096);
let escaped: Builder = new Builder(4096);

/** What one request leaves in `ai_log`, in properties of its own and in its span. */
@final
export class LogRecord {
  private readonly map: AttributeMap = new AttributeMap();

  constructor(private readonly config: StatisticsConfig) {}

  setText(key: Slice, text: Slice): void {
    this.map.setText(key, text);
  }

  setInteger(key: Slice, value: i64): void {
    this.map.setInteger(key, value);
  }

  setTrue(key: Slice): void {
    this.map.setBoolean(key, true);
  }

  /** @param json in memory of its own */
  setJson(key: Slice, json: Slice): void {
    const found = this.map.find(key);
    if (found === null) this.map.list.push(new LogMember(key, json, NO_BYTES));
    else found.json = json;
  }

  /** The JSON under a key; null: none. */
  find(key: Slice): Slice | null {
    const found = this.map.find(key);
    return found !== null ? found.json : null;
  }

  /** The text under a key; null: there is none, or it is no text. */
  findText(key: Slice): Slice | null {
    const json = this.find(key);
    return json !== null && json.at(0) == QUOTE ? textOf(readJson(json)) : null;
  }

  /** Puts the value of an attribute where it wants it. @param found null: there is none */
  put(attribute: Attribute, found: Value | null): void {
    let value = found === null ? Value.nothing() : found;
    if (value.isEmpty && !attribute.fallback.isEmpty) value = Value.ofText(attribute.fallback);
    const limit = this.config.valueLimit;
    if (attribute.isLogged) {
      if (attribute.isSeparate) setField(attribute.key, value, limit);
      else this.setJson(attribute.key, value.toLog(limit).kept());
    }
    const tag = attribute.spanKey;
    if (tag === null) return;
    const text = value.toTag();
    if (!text.isEmpty) setSpanTag(tag, text);
  }

  /** Merges all of it into `ai_log`. */
  write(log: PluginLog): void {
    const stored = getProperty(AI_LOG);
    if (stored !== null && !stored.isEmpty) return this.merge(log);
    this.spell();
    escaped.clear();
    appendGoEscaped(escaped, spelled.view());
    setProperty(AI_LOG, escaped.view());
    if (!this.config.rawKey.isEmpty) setProperty(this.config.rawKey, spelled.view());
    if (escaped.length > MOST_KEPT) {
      spelled = new Builder(0);
      escaped = new Builder(0);
    }
  }

  /** Another plugin has written already. */
  private merge(log: PluginLog): void {
    if (!writeToLog(log, this.map) || this.config.rawKey.isEmpty) return;
    const written = getProperty(AI_LOG);
    if (written === null) return;
    const quoted = new Builder(written.length + 2).appendByte(QUOTE).append(written);
    setProperty(this.config.rawKey, textOf(readJson(quoted.appendByte(QUOTE).view())));
  }

  /** Spells all of it as one object, sorted by key: what merging into nothing gives, for less. */
  private spell(): void {
    const sorted = sortedByKey(this.map.list);
    const out = spelled;
    out.clear();
    out.appendByte(OPEN);
    for (let i = 0; i < sorted.length; i++) {
      if (i > 0) out.appendByte(COMMA);
      appendEscaped(out.appendByte(QUOTE), sorted[i].key);
      out.appendByte(QUOTE).appendByte(COLON).append(sorted[i].json);
    }
    out.appendByte(CLOSE);
  }
}

/** Sorts in place: there are a dozen. */
function sortedByKey(list: LogMember[]): LogMember[] {
  for (let i = 1; i < list.length; i++) {
    const member = list[i];
    let at = i;
    for (; at > 0 && list[at - 1].key.compare(member.key) > 0; at--) list[at] = list[at - 1];
    list[at] = member;
  }
  return list;
}

/** Gateways refuse empty properties. */
function setField(key: Slice, value: Value, limit: i32): void {
  if (value.isEmpty || key.isEmpty) return;
  setProperty(key, escape(value.toField(limit)));
}
