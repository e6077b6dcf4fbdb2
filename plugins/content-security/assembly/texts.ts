import {
  boolOf,
  findJson,
  isValidJson,
  JsonPath,
  JsonValue,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { hasOnlyStrings, leavesOf, STRUCTURE } from "./api/leaves";
import { Image } from "./image";
import { Phase } from "./judge/backend";
import { Documents } from "./judge/documents";
import { DollarPath } from "./local/dollar-path";
import { Memory } from "./local/memory";
import { Members } from "./members";
import { firstTurn, Scope } from "./scope";
import { isSaying, OUTPUT, SOURCE, speaksBeside } from "./saying";
import { compare, share } from "./spread";
import { editFields, offsetIn, sortByPlace, TextField } from "./text-field";
import { CHOICES, CONTENT, DATA, INPUT, MESSAGE, MESSAGES, ROLE, TEXT, TYPE, URL } from "./words";

const IMAGE: Slice = bytes("image_url");
/** Anthropic's type of parts with an image. */
const SOURCED: Slice = bytes("image");
const STREAM: Slice = bytes("stream");
const TOOL: Slice = bytes("tool");
const ARGUMENTS: Slice = bytes("arguments");
/** How types of parts end whose content tools gave: Anthropic's, and of its own tools. */
const TOOL_RESULT: Slice = bytes("tool_result");
/** Each takes a hundred bytes and more beside its own, while a judge is asked. */
const MAX_TEXTS: i32 = 100_000;
/** Each is a call. */
const MAX_IMAGES: i32 = 1_000;
/** What a tool of OpenAI's responses has made is an image in base64. */
const IMAGE_CALL: Slice = bytes("image_generation_call");
const IMAGE_FACTS: Slice = bytes("type id status result ");
/** What lies deeper is taken as it stands: hostile documents would cost its square. */
const MAX_DEPTH: i32 = 12;

/** What of a body is judged: its texts, all together, and its images. */
@final
export class Texts {
  readonly fields: TextField[] = [];
  readonly images: Image[] = [];
  /** Why there is nothing to judge, for the log; empty: there is, or it is not worth a word. */
  skipped: string = "";
  /** A text that takes the place of all is compared with it: each text keeps what it has of it. */
  isCompared: bool = false;
  /** The role of those whose role is not told; no bytes: unknown. */
  speaker: Slice = NO_BYTES;
  /** Members of one name are looked for: who reads the body may read another one. */
  looksForTwins: bool = false;
  /** Who reads the request may find another text in what was taken: there are twins, or token ids. */
  isAmbiguous: bool = false;
  /** Stands between the texts when services are asked about all of them. */
  joint: Slice = NO_BYTES;
  /** The document; null: it is none. */
  readonly root: JsonValue | null;
  /** Of the document. */
  private readonly members: Members;
  /** What services are asked about: the value that the texts stand in, as JSON; null: the texts. */
  private raw: Slice | null = null;
  /** Where it begins in the body. */
  private rawStart: i32 = 0;

  /** As in the peers, what stands before the first bracket does not count: a byte order mark, `data:`. */
  constructor(private readonly body: Slice) {
    const root = findJson(body);
    this.root = root;
    this.members = new Members(root);
  }

  /** The client waits for events. */
  get wantsStream(): bool {
    return boolOf(this.member(STREAM));
  }

  /** A request with messages, as OpenAI's chats have. */
  get isChat(): bool {
    const messages = this.member(MESSAGES);
    return messages !== null && messages.isArray;
  }

  /** There is no text; there may be images. */
  get isEmpty(): bool {
    const fields = this.fields;
    if (this.raw !== null) return false;
    return fields.length == 0 || (fields.length == 1 && fields[0].text.isEmpty);
  }

  /**
   * Takes what is at the first path where something is.
   *
   * @param asItStands services are asked about lists at the first path as they stand in the body, and
   * at the others about lists of more than strings
   */
  takeFirst(paths: JsonPath[], asItStands: bool = false): void {
    if (!this.isCompared) this.noteTwins(this.member(MESSAGES)); // a path goes through them
    for (let i = 0; i < paths.length && this.isEmpty && this.images.length == 0; i++) {
      const value = paths[i].read(this.root);
      if (value === null || value.isNull) continue;
      if (asItStands && value.isArray && (i == 0 || !hasOnlyStrings(value))) this.askRaw(value);
      this.take(value, this.speaker);
    }
  }

  /** Takes the strings at all places that a path names; `order` belongs behind the last path. */
  takeStrings(path: DollarPath): void {
    const root = this.root;
    if (root === null) return;
    const found = path.find(root);
    for (let i = 0; i < found.length; i++) if (found[i].isString) this.add(found[i], NO_BYTES);
  }

  /** Brings what was taken into the order of the body, so that it can be edited; each text once. */
  order(): void {
    const fields = this.fields;
    sortByPlace(fields);
    let count = 0;
    for (let i = 0; i < fields.length; i++) {
      if (count > 0 && fields[count - 1].start == fields[i].start) continue;
      fields[count++] = fields[i];
    }
    fields.length = count;
  }

  /** Takes the body itself. */
  takeWhole(): void {
    if (this.body.isEmpty) return;
    const field = new TextField(0, this.body.length, this.body.kept(), NO_BYTES, this.isJson);
    field.isWhole = true;
    this.fields.push(field);
  }

  get isJson(): bool {
    return isValidJson(this.body);
  }

  /** What is taken next stands in this value: services are asked about all of it, as JSON. */
  askRaw(value: JsonValue): void {
    if (value.isString) return;
    this.raw = value.raw.kept();
    this.rawStart = offsetIn(this.body, value.raw);
  }

  /** Takes texts wherever they stand. Empty ones count where a joint shows that they are there. */
  takeAll(values: JsonValue[]): void {
    for (let i = 0; i < values.length; i++) {
      const text = textOf(values[i]);
      if (!text.isEmpty || !this.joint.isEmpty) this.put(values[i], text, NO_BYTES, false);
    }
  }

  forgetImages(): void {
    this.images.length = 0;
  }

  takeImage(image: Image): void {
    if (!image.text.isEmpty && this.images.length < MAX_IMAGES) this.images.push(image);
  }

  /** There are more texts or images than are taken. */
  get isCrowded(): bool {
    return this.fields.length == MAX_TEXTS || this.images.length == MAX_IMAGES;
  }

  /** Takes the messages of a request: what they say, and what tools are called with. */
  takeMessages(scope: Scope): void {
    const messages = this.member(MESSAGES);
    if (messages === null || messages.isNull) return;
    if (messages.isArray) this.takeTurns(messages, scope);
    else this.isAmbiguous = true;
  }

  /** Takes messages, or items like them. */
  takeTurns(messages: JsonValue, scope: Scope): void {
    const first = firstTurn(messages, scope);
    const items = messages.entries();
    for (let i = 0; items.next(); i++) {
      if (i >= first || !items.value.isObject) this.takeItem(items.value, this.speaker, 1);
    }
  }

  /** Takes what an answer says: all choices, Anthropic's content, the output of OpenAI's responses. */
  takeAnswer(): void {
    const choices = this.member(CHOICES);
    if (choices !== null && choices.isArray) return this.takeChoices(choices);
    const content = this.member(CONTENT);
    if (content !== null && content.isArray) return this.take(content, this.speaker);
    const output = this.member(OUTPUT);
    if (output !== null && output.isArray) this.takeTurns(output, Scope.All);
  }

  private takeChoices(choices: JsonValue): void {
    const items = choices.entries();
    while (items.next()) {
      const choice = items.value;
      if (!choice.isObject) continue;
      const message = choice.get(MESSAGE);
      const text = choice.get(TEXT);
      if (message !== null) this.takeItem(message, this.speaker, 1);
      if (text !== null) this.take(text, this.speaker);
    }
  }

  /** What services are asked about: all texts, one behind the other. Memory of its own. */
  whole(): Slice {
    const fields = this.fields;
    const raw = this.raw;
    if (raw !== null && !this.isChanged) return raw;
    // A value that was made up has no places for what changed.
    const isInBody = raw !== null && this.rawStart >= 0;
    const edited = isInBody && raw !== null ? editFields(fields, raw, this.rawStart, true) : null;
    if (edited !== null) return edited;
    if (fields.length == 1) return fields[0].judged;
    const out = new Builder(256);
    for (let i = 0; i < fields.length; i++) {
      if (i > 0) out.append(this.joint);
      out.append(fields[i].judged);
    }
    return out.toSlice();
  }

  /** What of `whole()` tools gave. */
  documents(): Documents {
    const documents = new Documents();
    let at = 0;
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      const end = at + field.judged.length;
      if (field.role.equals(TOOL)) documents.add(at, end);
      at = end;
    }
    return documents;
  }

  get isChanged(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].changed !== null) return true;
    }
    return false;
  }

  /** Something was taken out of some text. */
  get isMasked(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].isMasked) return true;
    }
    return false;
  }

  /**
   * Gives each field its part of a text that takes the place of `whole()`.
   *
   * @param memory of what is put back into what changed of an answer
   */
  spread(text: Slice, phase: Phase, memory: Memory): void {
    const restored = phase == Phase.Response ? memory : null;
    if (this.isCompared) compare(this.fields, this.whole(), text, this.joint.length, restored);
    else share(this.fields, text);
  }

  /**
   * The body with what was changed; all other bytes stay.
   *
   * @param body the same one, where it may lie now
   * @returns memory of its own; null when a text does not stand in the body as it is
   */
  edit(body: Slice): Slice | null {
    return editFields(this.fields, body, 0, false);
  }

  /** Two members at the top have the same name, but for the case of letters. */
  get haveTwins(): bool {
    return this.members.haveTwins;
  }

  /** Looks for them in an object, or in the objects of a list. */
  noteTwins(value: JsonValue | null): void {
    if (value === null || !this.looksForTwins) return;
    if (value.isObject) {
      if (new Members(value).haveTwins) this.isAmbiguous = true;
      return;
    }
    const items = value.entries();
    while (items.next()) if (items.value.isObject) this.noteTwins(items.value);
  }

  /** Of the document. */
  member(name: Slice): JsonValue | null {
    return this.members.get(name);
  }

  /**
   * A string, or the texts and images of a list of parts. What is neither is taken as it stands.
   *
   * @param depth of the objects that it stands in; 0: it is an object only to its reader
   */
  take(value: JsonValue, role: Slice, depth: i32 = 0): void {
    if (value.isNull) return;
    if (value.isObject && depth > 0) return this.takeObject(value, role, depth);
    if (!value.isArray || depth > MAX_DEPTH) return this.add(value, role);
    const items = value.entries();
    while (items.next()) this.takeItem(items.value, role, depth + 1);
  }

  /** Of a list: a text, or what has some. */
  private takeItem(item: JsonValue, speaker: Slice, depth: i32): void {
    if (item.isString) this.add(item, speaker);
    else if (item.isObject) this.takeObject(item, speaker, depth);
    else this.isAmbiguous = true; // token ids: a text that we cannot read
  }

  /** A message, an item like one, a part, a call of a tool. */
  private takeObject(object: JsonValue, speaker: Slice, depth: i32): void {
    if (depth > MAX_DEPTH) return this.add(object, speaker);
    const type = textOf(object.get(TYPE));
    const isText = type.equals(TEXT);
    if (!this.isCompared && !isText && !type.equals(IMAGE)) return; // the peers know no others
    const role = this.roleOf(object, type, speaker, depth);
    const count = this.fields.length;
    const images = this.images.length;
    this.noteTwins(object);
    if (type.equals(SOURCED)) this.takeSource(object.get(SOURCE));
    const beside = this.takeMembers(object, role, isText, depth + 1);
    if (count + beside < this.fields.length || images < this.images.length) return;
    this.fields.length = count;
    this.takeLeaves(object, role, type.equals(IMAGE_CALL) ? IMAGE_FACTS : STRUCTURE);
  }

  /**
   * Messages have roles, and parts of them are results: servers know neither the other way round.
   *
   * @param speaker whose it is when it does not say
   */
  private roleOf(object: JsonValue, type: Slice, speaker: Slice, depth: i32): Slice {
    if (depth > 1) return type.endsWith(TOOL_RESULT) ? TOOL : speaker;
    const told = textOf(object.get(ROLE));
    return told.isEmpty || !this.isCompared ? speaker : told.kept();
  }

  /** @returns how many texts stand beside those that members of their own say */
  private takeMembers(object: JsonValue, role: Slice, isText: bool, depth: i32): i32 {
    let beside = 0;
    // In the order of the body, so that it can be edited from its beginning to its end.
    const members = object.entries();
    while (members.next()) {
      const value = members.value;
      if (isSaying(members.key) || (isText && members.keyIs(DATA))) {
        this.take(value, members.keyIs(OUTPUT) ? TOOL : role, depth);
      } else if (members.keyIs(ARGUMENTS)) this.takeLeaves(value, role, NO_BYTES, true);
      else if (members.keyIs(INPUT)) this.takeLeaves(value, role, NO_BYTES);
      else if (members.keyIs(IMAGE)) {
        this.noteTwins(value);
        this.takeImage(Image.at(value.isObject ? value.get(URL) : value, this.isCompared));
      } else beside += this.takeBeside(members.key, value, role, depth);
    }
    return beside;
  }

  /** @returns how many texts that gave */
  private takeBeside(key: Slice, value: JsonValue, role: Slice, depth: i32): i32 {
    if (!this.isCompared || !speaksBeside(key)) return 0;
    const count = this.fields.length;
    this.take(value, key.startsWith(OUTPUT) ? TOOL : role, depth);
    return this.fields.length - count;
  }

  /** Anthropic's image. */
  private takeSource(source: JsonValue | null): void {
    if (source === null) return;
    const base64 = source.get(DATA);
    this.takeImage(
      base64 === null ? Image.at(source.get(URL), true) : new Image(textOf(base64), true),
    );
  }

  /** All texts of a value. @param except keys of members that are none; a blank behind each */
  takeLeaves(value: JsonValue, role: Slice, except: Slice, isJson: bool = false): void {
    const leaves = leavesOf(value, except);
    for (let i = 0; i < leaves.length; i++) this.add(leaves[i], role, isJson && value.isString);
  }

  private add(value: JsonValue, role: Slice, isJson: bool = false): void {
    const text = value.isString ? textOf(value) : value.raw;
    if (!text.isEmpty) this.put(value, text, role, isJson);
  }

  private put(value: JsonValue, text: Slice, role: Slice, isJson: bool): void {
    if (this.fields.length == MAX_TEXTS) return;
    const raw = value.raw;
    const start = offsetIn(this.body, raw);
    this.fields.push(new TextField(start, raw.length, text.kept(), role, isJson));
  }
}
