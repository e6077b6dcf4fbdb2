import { escape, integerOf, readJson } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, NOT_AN_INTEGER, Slice } from "@ai-gateway-wasm/bytes";
import { MAX_COUNT } from "@ai-gateway-wasm/llm";
import { PluginLog } from "@ai-gateway-wasm/kit";
import {
  Attribute as LogMember,
  LongAttributeMap,
  writeToLog,
} from "@ai-gateway-wasm/kit/attributes";
import { setProperty } from "proxy-wasm-as";
import { Attribute } from "./attribute";
import { StatisticsConfig } from "./config";
import { countUnreadable } from "./self-metrics";
import { Value } from "./value";

const NULL: Slice = bytes("null");

/** What one request leaves in `ai_log`, in properties of its own and in its span. */
@final
export class LogRecord {
  private readonly map: LongAttributeMap = new LongAttributeMap();

  constructor(private readonly config: StatisticsConfig) {
    this.map.isLast = true;
  }

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

  /** The number under a key, an integer from 0 to `MAX_COUNT`; `NOT_AN_INTEGER`: there is none. */
  findCount(key: Slice): i64 {
    const found = this.map.find(key);
    if (found === null) return NOT_AN_INTEGER;
    const json = readJson(found.json);
    if (json === null || !json.isNumber) return NOT_AN_INTEGER;
    return max(0, min(integerOf(json), MAX_COUNT));
  }

  /** Whether there is something under a key, and not null. */
  has(key: Slice): bool {
    const found = this.map.find(key);
    return found !== null && !found.json.equals(NULL);
  }

  /** The text under a key; null: there is none, or it is no text. */
  findText(key: Slice): Slice | null {
    const found = this.map.find(key);
    return found !== null && found.json.isEmpty ? found.text : null;
  }

  /** Puts the value of an attribute where it wants it. @param found null: there is none */
  put(attribute: Attribute, found: Value | null): void {
    let value = found === null ? Value.nothing() : found;
    if (value.isEmpty && !attribute.fallback.isEmpty) value = Value.ofText(attribute.fallback);
    const limit = this.config.valueLimit;
    if (attribute.isLogged) {
      if (attribute.isSeparate) setField(attribute.key, value, limit);
      else value.logTo(this, attribute.key, limit);
    }
    const tag = attribute.tag;
    if (tag === null) return;
    const text = value.toTag();
    if (!text.isEmpty) setProperty(tag, text);
  }

  /** Merges all of it into `ai_log`. */
  write(log: PluginLog): void {
    const rawKey = this.config.rawKey;
    if (!writeToLog(log, this.map)) countUnreadable(1);
    else if (!rawKey.isEmpty) setProperty(rawKey, LongAttributeMap.merged);
  }
}

/** Gateways refuse empty properties. The peer escapes all texts but that of counts. */
function setField(key: Slice, value: Value, limit: i32): void {
  if (value.isEmpty || key.isEmpty) return;
  const text = value.toField(limit);
  setProperty(key, value.isDetails ? text : escape(text));
}
