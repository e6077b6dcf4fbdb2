import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { Attribute, AttributeMap, writeToLog } from "@ai-gateway-wasm/kit/attributes";
import { wallClockNs } from "proxy-wasm-as";
import { Judgement } from "./judge/judgement";
import { Phase } from "./judge/backend";

const STATUS: Slice = bytes("safecheck_status");
const REQUEST_RT: Slice = bytes("safecheck_request_rt");
const RESPONSE_RT: Slice = bytes("safecheck_response_rt");
const RISK_LABEL: Slice = bytes("safecheck_riskLabel");
const RISK_WORDS: Slice = bytes("safecheck_riskWords");
const EVENTS: Slice = bytes("safecheck_requests");
const IDS: Slice = bytes("safecheck_request_ids");
const LAST_ID: Slice = bytes("safecheck_request_id");
const RULES: Slice = bytes("safecheck_rules");
const CONSUMER: Slice = bytes("safecheck_consumer");

/** One call to a judge. */
@final
export class AuditEvent {
  requestId: Slice = NO_BYTES;
  /** Empty until the answer came. */
  result: string = "";

  constructor(
    readonly phase: Phase,
    readonly modality: string,
  ) {}

  close(result: string, requestId: Slice): void {
    this.result = result;
    this.requestId = trim(requestId).kept();
  }
}

/** What the access log says of one request: never a text (content-security.md 4.8). */
@final
export class Audit {
  private readonly attributes: AttributeMap = new AttributeMap();
  private readonly events: AuditEvent[] = [];
  private readonly rules: Slice[] = [];
  /** 0: nothing is being judged. */
  private startedMs: i64 = 0;

  constructor(private readonly log: PluginLog) {}

  /** Who asks. */
  consumer(name: Slice): void {
    this.attributes.setText(CONSUMER, name);
  }

  /** A body is complete, or a stream begins. */
  start(): void {
    this.startedMs = nowMs();
  }

  /** The verdict is there. */
  stop(): void {
    this.startedMs = 0;
  }

  /** @param modality empty: the call is not listed */
  open(phase: Phase, modality: string): AuditEvent {
    const event = new AuditEvent(phase, modality);
    if (modality != "") this.events.push(event);
    return event;
  }

  /** Local rules matched that were only to be logged, or that have masked. */
  noteRules(names: Slice[]): void {
    for (let i = 0; i < names.length; i++) {
      if (!this.knows(names[i])) this.rules.push(names[i]);
    }
  }

  /** What became of a phase; the last word counts. */
  status(status: string): void {
    this.attributes.setText(STATUS, bytes(status));
  }

  get hasStatus(): bool {
    return this.attributes.find(STATUS) !== null;
  }

  /** How long the phase lasted. @returns milliseconds since `start` */
  time(phase: Phase): i64 {
    const lasted = this.startedMs == 0 ? 0 : max<i64>(0, nowMs() - this.startedMs);
    this.attributes.setInteger(phase == Phase.Request ? REQUEST_RT : RESPONSE_RT, lasted);
    return lasted;
  }

  /** What a refusal is called. */
  label(label: Slice): void {
    this.attributes.setText(RISK_LABEL, label);
  }

  /** What a refusal is about. */
  risk(judgement: Judgement): void {
    if (!judgement.hasResult) return;
    this.label(judgement.label);
    this.attributes.setText(RISK_WORDS, judgement.words);
  }

  /** Brings what is known into the log. */
  write(): void {
    if (this.rules.length > 0) this.put(RULES, listOf(this.rules));
    if (this.events.length > 0) this.putEvents();
    writeToLog(this.log, this.attributes);
  }

  /** Does so only for the sake of rules that matched. */
  writeRules(): void {
    if (this.rules.length > 0) this.write();
  }

  private knows(rule: Slice): bool {
    for (let i = 0; i < this.rules.length; i++) {
      if (this.rules[i].equals(rule)) return true;
    }
    return false;
  }

  private putEvents(): void {
    const json = new JsonWriter(Escape.Go).openArray();
    const ids: Slice[] = [];
    for (let i = 0; i < this.events.length; i++) {
      const event = this.events[i];
      json.openObject();
      if (!event.requestId.isEmpty) {
        ids.push(event.requestId);
        json.key("requestId").text(event.requestId);
      }
      json.key("phase").string(event.phase == Phase.Request ? "request" : "response");
      json.key("modality").string(event.modality).key("result").string(event.result).closeObject();
    }
    this.put(EVENTS, json.closeArray().toSlice());
    this.put(IDS, listOf(ids));
    if (ids.length > 0) this.attributes.setText(LAST_ID, ids[ids.length - 1]);
  }

  /** As it is: the members of the peer's events are not sorted. */
  private put(key: Slice, json: Slice): void {
    const known = this.attributes.find(key);
    if (known === null) this.attributes.list.push(new Attribute(key, json, json));
    else known.json = json;
  }
}

function listOf(texts: Slice[]): Slice {
  const json = new JsonWriter(Escape.Go).openArray();
  for (let i = 0; i < texts.length; i++) json.text(texts[i]);
  return json.closeArray().toSlice();
}

function nowMs(): i64 {
  return <i64>(wallClockNs() / 1000000);
}
