import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { JSON_TYPE } from "../names";
import { DenyConfig } from "./deny-config";
import { Denial } from "./denial";

const STREAM_TYPE: Slice = bytes("text/event-stream;charset=UTF-8");

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

  /** Of an answer whose headers have not gone. */
  contentType(denial: Denial): Slice {
    return denial.streams ? STREAM_TYPE : JSON_TYPE;
  }

  /** A whole answer. */
  answer(denial: Denial): Slice {
    return denial.streams ? this.events(denial) : this.document(denial);
  }

  /** An answer that is no stream. */
  abstract document(denial: Denial): Slice;

  /** Ends a stream of events, also one that runs: there the protocol is what it is. */
  abstract events(denial: Denial): Slice;
}
