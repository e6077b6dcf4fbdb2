import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { EventTexts } from "../event-texts";
import { Judgement } from "../judge/judgement";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { ApiType } from "./type";

/** What is done with the body of an answer. */
export const enum Taking {
  /** It is not looked at. */
  Pass,
  /** It is held until it is complete. */
  Hold,
  /** Its events are let through as they are judged. */
  Stream,
  /** The same of its lines, each of which is a document. */
  Lines,
  /** The same as `Stream`, if it has events, which nobody says; all else of it is let through at once. */
  Search,
}

/**
 * Which texts and images the bodies of an API have, and what the peer logs of them
 * (content-security.md 2.2, 3.2-3.5, 4.8). Belongs to a configuration.
 */
export abstract class Api {
  abstract get type(): ApiType;

  /** What the audit calls a call about a text; empty: the peer does not list calls. */
  get modality(): string {
    return "text";
  }

  /** The peer spells the refusal of a request right. */
  get spellsRight(): bool {
    return false;
  }

  /** A call that came to nothing is worth a status to the peer. */
  get logsFailures(): bool {
    return true;
  }

  /** A stream of events that is refused is worth a status and a counter to the peer. */
  get logsStreams(): bool {
    return true;
  }

  /** What is counted and timed of an answer is counted and timed as a request's, too. */
  get countsTwice(): bool {
    return false;
  }

  /** A service's text without what it found can take the place of the text. */
  get masksTexts(): bool {
    return false;
  }

  /** Each event of a stream is judged for itself. */
  get judgesEvents(): bool {
    return false;
  }

  /** What a client repeats of earlier turns is judged, too. */
  get readsAllTurns(): bool {
    return true;
  }

  /** @param areSplit what services are asked about has to be in the texts themselves: some mask */
  splitLists(_areSplit: bool): void {}

  /** An event that differs from another in one text says the same elsewhere: no path asks for texts. */
  get readsAlike(): bool {
    return true;
  }

  /** The label of a refusal is worth an attribute to the peer. */
  logsRisk(_isRequest: bool, _judgement: Judgement): bool {
    return true;
  }

  /**
   * What is done with an answer.
   *
   * @param isOk its status is 200
   * @param type content type in lower case; empty: it has none
   */
  abstract taking(isOk: bool, type: Slice): Taking;

  /** Brings what is judged of a request into `texts`, and what a refusal must know into `client`. */
  abstract readRequest(texts: Texts, client: Client): void;

  /** The same of an answer. */
  abstract readResponse(texts: Texts, client: Client): void;

  /** The role of those who answer; no bytes: unknown. */
  get speaker(): Slice {
    return NO_BYTES;
  }

  /** What an event of a stream says. */
  readEvent(event: Slice): EventTexts {
    return new EventTexts(event);
  }
}
