import {
  Escape,
  JsonCursor,
  JsonValue,
  JsonWriter,
  readJson,
  stringOf,
} from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configFlag } from "@ai-gateway-wasm/kit";
import { Choice, fits } from "./choice";
import { RequestFeatures } from "./request-features";

const CHAIN: Slice = bytes("c");
const MODEL: Slice = bytes("m");
const STREAM: Slice = bytes("s");
const TARGETS: Slice = bytes("t");
const PROBES: Slice = bytes("p");
const OPTED_OUT: Slice = bytes("o");
const CONSUMER: Slice = bytes("u");
const LEFT_OUT: Slice = bytes("l");

/** The note that was read last, and its text: most requests of a gateway have the same. */
let lastText: Slice = NO_BYTES;
let lastNote: ChainNote | null = null;

/**
 * What the listener role tells the attempts of a request, in the filter state:
 *
 *   {"c":"r1","m":"deepseek-r1","s":true,"t":["deepseek-r1","qwen-max"],"p":["deepseek-r1"]}
 *
 * `p` names targets that this request probes, `o` says that the client wants no fallback, `u` who
 * asks when keys depend on it, `l` that the first target is not for such requests; all four are missing
 * for most requests.
 */
@final
export class ChainNote {
  chain: Slice = NO_BYTES;
  /** The client's name of the model. */
  model: Slice = NO_BYTES;
  streams: bool = false;
  /** Who asks; no bytes: unknown, or no key depends on it. */
  consumer: Slice = NO_BYTES;
  /** What becomes of it is no matter of the breakers. */
  optedOut: bool = false;
  /** The first target was left out, and not by its breaker. */
  leftOut: bool = false;
  /** Targets in the order of attempts. */
  readonly targets: Slice[] = [];
  private readonly probes: Slice[] = [];

  /** The note about a request. */
  static of(choice: Choice, request: RequestFeatures, optedOut: bool): ChainNote {
    const note = new ChainNote();
    note.optedOut = optedOut;
    note.chain = choice.chain.name;
    note.model = request.model.kept();
    note.streams = request.streams;
    note.consumer = request.consumer;
    const primary = choice.chain.ranks[0].links[0].target;
    note.leftOut = choice.links[0].target !== primary && !fits(primary, request);
    for (let i = 0; i < choice.links.length; i++) note.targets.push(choice.links[i].target.name);
    for (let i = 0; i < choice.probes.length; i++)
      note.probes.push(choice.probes[i].link.target.name);
    return note;
  }

  /** Null: what stands there is no such note. */
  static parse(text: Slice): ChainNote | null {
    if (!text.equals(lastText)) {
      lastText = text.copy();
      lastNote = ChainNote.read(lastText);
    }
    return lastNote;
  }

  private static read(text: Slice): ChainNote | null {
    const root = readJson(text);
    if (root === null || !root.isObject) return null;
    const note = new ChainNote();
    const members = root.entries();
    while (members.next()) note.take(members);
    return note.chain.isEmpty || note.model.isEmpty ? null : note;
  }

  private take(member: JsonCursor): void {
    const value = member.value;
    if (member.keyIs(CHAIN)) this.chain = textOf(value);
    else if (member.keyIs(MODEL)) this.model = textOf(value);
    else if (member.keyIs(STREAM)) this.streams = configFlag(value);
    else if (member.keyIs(TARGETS)) addTexts(this.targets, value);
    else if (member.keyIs(CONSUMER)) this.consumer = textOf(value);
    else if (member.keyIs(PROBES)) addTexts(this.probes, value);
    else if (member.keyIs(OPTED_OUT)) this.optedOut = configFlag(value);
    else if (member.keyIs(LEFT_OUT)) this.leftOut = configFlag(value);
  }

  /** For the filter state. */
  toJson(): Slice {
    const json = new JsonWriter(Escape.Plain).openObject();
    json.keyBytes(CHAIN).text(this.chain).keyBytes(MODEL).text(this.model);
    json.keyBytes(STREAM).boolean(this.streams);
    writeTexts(json, TARGETS, this.targets);
    if (!this.consumer.isEmpty) json.keyBytes(CONSUMER).text(this.consumer);
    if (this.optedOut) json.keyBytes(OPTED_OUT).boolean(true);
    if (this.leftOut) json.keyBytes(LEFT_OUT).boolean(true);
    if (this.probes.length > 0) writeTexts(json, PROBES, this.probes);
    return json.closeObject().toSlice();
  }

  /** The request probes a further target. */
  addProbe(target: Slice): void {
    this.probes.push(target);
  }

  isProbe(target: Slice): bool {
    for (let i = 0; i < this.probes.length; i++) {
      if (this.probes[i].equals(target)) return true;
    }
    return false;
  }
}

function textOf(value: JsonValue): Slice {
  return value.isString ? stringOf(value) : NO_BYTES;
}

function addTexts(to: Slice[], list: JsonValue): void {
  const items = list.entries();
  while (items.next()) to.push(textOf(items.value).copy());
}

function writeTexts(json: JsonWriter, key: Slice, texts: Slice[]): void {
  json.keyBytes(key).openArray();
  for (let i = 0; i < texts.length; i++) json.text(texts[i]);
  json.closeArray();
}
