import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Judgement } from "../judge/judgement";
import { JSON_TYPE } from "../names";
import { Client } from "./client";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { Ending } from "./ending";

export const STREAM_TYPE: Slice = bytes("text/event-stream;charset=UTF-8");

const LINE_FEED: u8 = 0x0a;

/** Names the cause in access logs. */
export const DENIED_DETAILS: Slice = bytes("content_security.denied");

/**
 * The form of what is sent in place of what is refused (content-security.md 4.5-4.7). Belongs to a
 * configuration.
 */
export abstract class Refusal {
  constructor(protected readonly deny: DenyConfig) {}

  /** Of an answer whose headers have not gone. */
  get status(): i32 {
    return this.deny.status;
  }

  /** The headers of an answer stay the upstream's: only its body is replaced. */
  get keepsHeaders(): bool {
    return false;
  }

  /** It says of a refusal for want of a masked text what it says of others. */
  protected get explainsFailedMasks(): bool {
    return true;
  }

  /** What it says of a judgement; null: nothing (content-security.md 3.2). */
  explained(judgement: Judgement | null): Judgement | null {
    const isFailedMask = judgement !== null && judgement.isFailedMask;
    return isFailedMask && !this.explainsFailedMasks ? null : judgement;
  }

  /** A request begins: what there is to know of its client before its body. */
  meet(_client: Client): void {}

  /** Of an answer whose headers have not gone. */
  contentType(denial: Denial): Slice {
    return denial.streams ? STREAM_TYPE : JSON_TYPE;
  }

  /** A whole answer. */
  answer(denial: Denial): Slice {
    return denial.streams ? this.events(denial) : this.document(denial);
  }

  /**
   * Follows a stream that runs.
   *
   * @param _event one of its first. Null: that one does not tell what the stream speaks
   */
  follow(_event: Slice, _client: Client): Ending | null {
    return new WholeEnding(this);
  }

  /** Follows documents in lines. */
  lines(): Ending {
    return new LineEnding(this);
  }

  /** An answer that is no stream. */
  abstract document(denial: Denial): Slice;

  /** A whole stream of events. */
  abstract events(denial: Denial): Slice;
}

/** Whatever has gone out, what follows is the same. */
@final
class WholeEnding extends Ending {
  constructor(private readonly refusal: Refusal) {
    super();
  }

  override events(denial: Denial): Slice {
    return this.refusal.events(denial);
  }
}

/** Of documents in lines: the last one is the refusal. */
@final
class LineEnding extends Ending {
  constructor(private readonly refusal: Refusal) {
    super();
  }

  override events(denial: Denial): Slice {
    return new Builder(1024).append(this.refusal.document(denial)).appendByte(LINE_FEED).view();
  }
}
