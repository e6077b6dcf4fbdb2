import { JsonPath } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Partition } from "../key/partition";
import { Template } from "../replay/template";
import { Semantic } from "../lookup/semantic";
import { AnswerStore } from "../store/store";
import { SingleFlight } from "../store/single-flight";

/** What the cache is asked about (`cacheKeyStrategy`). */
export const enum KeyStrategy {
  LastQuestion,
  AllQuestions,
  /** No lookup and no storing. */
  Disabled,
}

/** Which streams have to show that they are complete (`requireTerminator`). */
export const enum Terminator {
  /** Those of a protocol that has one. */
  Auto,
  Always,
  Never,
}

/** A request header that switches the cache off (`bypassOn`). */
@final
export class HeaderTest {
  constructor(
    readonly header: Slice,
    /** Null: any. */
    readonly value: Slice | null,
  ) {}
}

/** One configuration: of the whole plugin or of one rule. The initial values are the defaults. */
@final
export class CacheConfig {
  strategy: KeyStrategy = KeyStrategy.LastQuestion;
  /** Null: `messages.@reverse.0.content`, which is read without one. */
  keyPath: JsonPath | null = null;
  /** Plain members that it begins with. */
  keyMembers: Slice[] = [];
  /** Null: `choices.0.message.content`. */
  valuePath: JsonPath | null = null;
  /** Null: `choices.0.delta.content`. */
  streamValuePath: JsonPath | null = null;
  /** Where else tool calls may stand; null: nowhere. */
  toolCallsPath: JsonPath | null = null;
  template: Template = Template.json();
  streamTemplate: Template = Template.stream();

  partition: Partition = new Partition();
  cacheVersion: Slice = NO_BYTES;
  keyPrefix: Slice = bytes("higress-ai-cache:");
  hashesKey: bool = true;

  /** Null: there is no exact cache. */
  store: AnswerStore | null = null;
  /** Null: neighbours are not looked for. */
  semantic: Semantic | null = null;
  /** With `store`: they are, after a miss. */
  searchesAfterMiss: bool = false;
  /** Null: equal questions that are asked at once all go to the model. */
  flight: SingleFlight | null = null;

  cachesNonUserTurns: bool = false;
  terminator: Terminator = Terminator.Auto;
  /** Empty: any. */
  statuses: i32[] = [200];
  /** Empty: any. */
  finishReasons: Slice[] = [bytes("stop"), bytes("end_turn"), bytes("stop_sequence")];
  /** 0: no limit, as for the next two. */
  maxBodyBytes: i32 = 10485760;
  maxKeyBytes: i32 = 65536;
  maxValueBytes: i32 = 1048576;
  /** 0: no limit. */
  lookupDeadlineMs: i32 = 3000;
  /** NaN: no limit. */
  maxTemperature: f64 = NaN;
  /** 0: no limit. */
  maxMessages: i32 = 0;
  bypassOn: HeaderTest[] = [];
  obeysCacheControl: bool = false;
  addsHeaders: bool = false;
  /** `replay: structured`. */
  keepsRecords: bool = false;
  /** Templates are not those of an OpenAI completion. */
  hasTemplate: bool = false;
  /** `streamReplay: chunks`. */
  replaysChunks: bool = false;
  /** `cachedUsage: original`. */
  showsUsage: bool = false;
  /** What occurs with every request is counted by route and model, too. */
  countsAll: bool = false;

  /** The question is what the last message says. */
  get asksLastTurn(): bool {
    return this.strategy == KeyStrategy.LastQuestion && this.keyPath === null;
  }

  /** Whether a request's body is longer than may be held. */
  isTooLong(bodyBytes: i64): bool {
    return this.maxBodyBytes > 0 && bodyBytes > <i64>this.maxBodyBytes;
  }
}
