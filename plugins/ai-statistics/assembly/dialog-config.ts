import { bytes, BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { numberOf } from "@ai-gateway-wasm/as-json";
import { ConfigReader, OwnFields } from "@ai-gateway-wasm/kit";
import { randomU64 } from "proxy-wasm-as";

const MOST_BYTES: i64 = 1_048_576;
const COMPLETE: Slice = bytes("complete");
const CLIENT_ABORT: Slice = bytes("client_abort");
const ENDS: string[] = ["complete", "client_abort", "upstream_reset", "local_reply"];
const FIELDS: string[] = [
  "enabled",
  "sample",
  "max_question_bytes",
  "max_answer_bytes",
  "include_reasoning",
  "include_tool_calls",
  "include_denied",
  "exclude_consumers",
  "on",
  "mask",
];

/** `dialog_log`: what is written about conversations, which is nothing unless somebody asks for it. */
@final
export class DialogConfig {
  readonly maxQuestion: i32;
  readonly maxAnswer: i32;
  readonly hasReasoning: bool;
  readonly hasToolCalls: bool;
  readonly hasDenied: bool;
  /** Letters and digits of e-mail addresses, numbers and keys become stars. */
  readonly masks: bool;
  /** Of 2^32 requests. */
  private readonly share: u64;
  private readonly strangers: BytesTable<Slice> = new BytesTable<Slice>();
  private readonly ends: BytesTable<Slice> = new BytesTable<Slice>();

  /** @param dialog the object under `dialog_log` */
  constructor(dialog: OwnFields) {
    this.maxQuestion = <i32>dialog.integer("max_question_bytes", 8192, 0, MOST_BYTES);
    this.maxAnswer = <i32>dialog.integer("max_answer_bytes", 16384, 0, MOST_BYTES);
    this.hasReasoning = dialog.flag("include_reasoning");
    this.hasToolCalls = dialog.flag("include_tool_calls", true);
    this.hasDenied = dialog.flag("include_denied");
    this.masks = dialog.flag("mask", true);
    this.share = readShare(dialog);
    const excluded = dialog.names("exclude_consumers");
    for (let i = 0; i < excluded.length; i++) this.strangers.set(excluded[i], excluded[i]);
    this.readEnds(dialog);
    dialog.refuseOthers(FIELDS);
  }

  /** Reads `dialog_log`; null when it is off, or refused. */
  static read(config: ConfigReader): DialogConfig | null {
    const dialog = OwnFields.objectIn(config, "dialog_log");
    if (dialog === null) return null;
    const read = new DialogConfig(dialog);
    return dialog.flag("enabled") ? read : null;
  }

  /** Whether this request is written about, as far as is known when it begins. Draws lots. */
  wants(consumer: Slice): bool {
    if (this.strangers.has(consumer)) return false;
    return this.share >> 32 != 0 || (randomU64() & 0xffffffff) < this.share;
  }

  /** Whether requests that end like this are written about. */
  wantsEnd(finish: Slice): bool {
    return this.ends.has(finish);
  }

  private readEnds(dialog: OwnFields): void {
    const names = dialog.texts("on");
    if (names === null) {
      this.ends.set(COMPLETE, COMPLETE);
      this.ends.set(CLIENT_ABORT, CLIENT_ABORT);
      return;
    }
    for (let i = 0; i < names.length; i++) {
      if (!ENDS.includes(names[i].toString())) {
        dialog.refuse("on", "must be some of complete, client_abort, upstream_reset, local_reply");
        return;
      }
      this.ends.set(names[i], names[i]);
    }
  }
}

function readShare(dialog: OwnFields): u64 {
  const value = dialog.reader.find("sample");
  if (value === null || value.isNull) return 1 << 32;
  const share = value.isNumber ? numberOf(value) : -1;
  if (share >= 0 && share <= 1) return <u64>(share * 4294967296.0);
  dialog.refuse("sample", "must be a number from 0 to 1");
  return 0;
}
