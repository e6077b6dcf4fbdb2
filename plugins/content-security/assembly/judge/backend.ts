import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { HttpClient, HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { HttpCallResponse } from "proxy-wasm-as";
import { Judgement } from "./judgement";
import { Thresholds } from "./thresholds";
import { Verdict, verdictByDimension } from "./verdict";

/** Whose words are judged. */
export const enum Phase {
  Request,
  Response,
}

/** What a service is asked about: one part of a text, or one image. Views live for one callback. */
@final
export class Question {
  /** The text is an image: its URL, or base64 with or without the head of a data URL. */
  isImage: bool = false;
  isBase64: bool = false;
  /** Whatever the user asked, for a judge that wants to know it with the answer; no bytes: unknown. */
  prompt: Slice = NO_BYTES;
  /** What tools gave, for a judge that wants it apart; it is not in the text. */
  documents: Slice[] = [];
  /** The text in pieces, for a judge that takes several at once; none: it is one. */
  parts: Slice[] = [];
  /** Names the cloud service in place of the configured one, for one consumer; null: nothing does. */
  service: Slice | null = null;

  constructor(
    readonly phase: Phase,
    readonly text: Slice,
    /** The same for all parts of one text: 20 lower-case hex characters. */
    readonly sessionId: Slice,
  ) {}

  get isEmpty(): bool {
    return this.text.isEmpty && this.documents.length == 0;
  }
}

/** A service that judges texts (content-security.md 4, 8). Belongs to a configuration. */
export abstract class Backend {
  constructor(readonly client: HttpClient) {}

  /** Most bytes of a text in one question; longer texts are asked about in parts. */
  get maxBytes(): i32 {
    return i32.MAX_VALUE;
  }

  /** Most characters in one question. For windows of a stream, too, which `maxBytes` does not cut. */
  get maxChars(): i32 {
    return i32.MAX_VALUE;
  }

  /** A text that is longer is asked about at once, in parts. Windows, whose parts overlap, are not. */
  get takesParts(): bool {
    return false;
  }

  /** A window of a stream without text is asked about, too (content-security.md, decision 11.3). */
  get submitsEmpty(): bool {
    return false;
  }

  /** Of a stream it wants all text so far, the oldest cut off at `maxChars`, not the new text alone. */
  get isCumulative(): bool {
    return false;
  }

  /** It judges answers better when it knows the request: read that even if it is not checked. */
  get wantsPrompt(): bool {
    return false;
  }

  /** It wants to know what of a text are the user's own words, and what tools gave. */
  get wantsDocuments(): bool {
    return false;
  }

  /** It judges images, too. */
  get knowsImages(): bool {
    return false;
  }

  /** It may have another text for a text. @param isWanted sensitive data is to be masked */
  masks(_isWanted: bool): bool {
    return false;
  }

  /** False: it has nothing to say on this, do not ask. */
  judges(question: Question): bool {
    return !question.isImage || this.knowsImages;
  }

  /** The call that asks. */
  abstract ask(question: Question): HttpRequest;

  /** What an answer with status 200 says; what it holds is kept. Null: nothing that can be relied on. */
  read(question: Question, response: HttpCallResponse): Judgement | null {
    return this.parse(question, response.body());
  }

  /** `read` of the body of the answer. */
  abstract parse(question: Question, body: Slice): Judgement | null;

  /** Id of the call in any answer, failures included, kept; no bytes: it has none. */
  requestIdOf(_body: Slice): Slice {
    return NO_BYTES;
  }

  /** Any other rule of a service than the one by dimensions. */
  verdict(judgement: Judgement, thresholds: Thresholds): Verdict {
    return verdictByDimension(judgement, thresholds);
  }
}
