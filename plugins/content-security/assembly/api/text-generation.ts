import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { EventTexts } from "../event-texts";
import { MaskingTexts } from "../local/masking-texts";
import { Client } from "../refusal/client";
import { takeRequest } from "../request-texts";
import { TextPaths } from "../text-paths";
import { Scope } from "../scope";
import { Texts } from "../texts";
import { Api, Taking } from "./api";
import { ApiType } from "./type";
import { ASSISTANT } from "../words";

/** Streams of whatever media type: the peer reads those that are not `text/…` at their end. */
const EVENT_STREAM: Slice = bytes("event-stream");

/** Documents in lines. */
const NDJSON: Slice = bytes("ndjson");
const JSONL: Slice = bytes("jsonl");

/** No scope: what the peers look at is what a path names. */
export const BY_PATH: i32 = -1;

/** Chats and completions (content-security.md 3.2, 3.5). */
@final
export class TextGeneration extends Api {
  /** Lists of parts in requests by path are taken as they stand, as some peers do. */
  takesLists: bool = false;
  /** The same of answers. */
  takesListsOfAnswers: bool = false;
  readsAnswers: bool = true;
  /** What ai-data-masking looks at; null: another configuration. */
  masking: MaskingTexts | null = null;

  constructor(
    private readonly paths: TextPaths,
    /** A `Scope`: which messages of a request; or `BY_PATH`. */
    private readonly scope: i32,
  ) {
    super();
  }

  override get type(): ApiType {
    return ApiType.TextGeneration;
  }

  override get masksTexts(): bool {
    return true;
  }

  override get readsAlike(): bool {
    return this.paths.areEventsPlain;
  }

  override get readsAllTurns(): bool {
    return this.scope == Scope.All;
  }

  override get speaker(): Slice {
    return ASSISTANT;
  }

  override splitLists(areSplit: bool): void {
    this.takesLists = this.takesLists && !areSplit;
    this.takesListsOfAnswers = this.takesListsOfAnswers && !areSplit;
  }

  override taking(isOk: bool, type: Slice): Taking {
    if (!isOk || !this.readsAnswers) return Taking.Pass;
    if (type.find(EVENT_STREAM) >= 0) return Taking.Stream;
    return type.find(NDJSON) >= 0 || type.find(JSONL) >= 0 ? Taking.Lines : Taking.Hold;
  }

  override readRequest(texts: Texts, client: Client): void {
    const masking = this.masking;
    const scope = this.scope;
    client.wantsStream = texts.wantsStream;
    texts.isCompared = scope != BY_PATH;
    if (masking !== null) return masking.takeRequest(texts, client);
    if (scope != BY_PATH) takeRequest(texts, <Scope>scope);
    texts.takeFirst(this.paths.request, this.takesLists);
  }

  override readResponse(texts: Texts, _client: Client): void {
    const masking = this.masking;
    texts.isCompared = true;
    texts.speaker = ASSISTANT;
    if (masking !== null) return masking.takeAnswer(texts, this.paths.response);
    if (this.scope != BY_PATH) texts.takeAnswer();
    texts.takeFirst(this.paths.response, this.takesListsOfAnswers);
    if (this.scope == BY_PATH) texts.forgetImages(); // the peer does not look at those of answers
  }

  override readEvent(event: Slice): EventTexts {
    const texts = new EventTexts(event);
    if (this.scope != BY_PATH) texts.takeAll();
    if (texts.list.length == 0) texts.takeFirst(this.paths.stream); // of APIs that nobody knows
    if (texts.isLine) texts.takeFirst(this.paths.response);
    return texts;
  }
}
