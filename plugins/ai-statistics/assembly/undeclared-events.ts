import { findJson } from "@ai-gateway-wasm/as-json";
import { bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { Mention, mentionOfUsage } from "@ai-gateway-wasm/llm/usage-document";
import { SseReader } from "@ai-gateway-wasm/sse";
import { isFailure } from "./failure";
import { giveScanner, takeScanner } from "./idle-scanner";
import { Usage } from "./usage";

/** Bytes of an event that is not yet complete. */
const MAX_TAIL: i32 = 1024 * 1024;
const DATA: Slice = bytes("data: ");

/**
 * Server-sent events in a body whose content type does not say so. They are no stream to the peer,
 * which reads usage and errors in all of them all the same (ai-statistics contract 3.5, 4.1).
 */
@final
export class UndeclaredEvents {
  /** Whether some event is an error. */
  hasFailed: bool = false;
  private readonly events: SseReader = new SseReader(MAX_TAIL);
  private isFirst: bool = true;
  /** The peer looks for errors behind the first event only where this one begins with data. */
  private isData: bool = false;

  constructor(
    private readonly usage: Usage,
    private readonly readsUsage: bool,
    private readonly requestModel: Slice,
  ) {}

  feed(chunk: Slice): void {
    this.events.feed(chunk);
    while (this.events.next()) this.read(this.events.event);
  }

  /** What the body's end cut off counts, too. */
  end(): void {
    if (this.events.finish()) this.read(this.events.event);
  }

  private read(event: Slice): void {
    if (this.isFirst) this.isData = trim(event).startsWith(DATA);
    this.isFirst = false;
    if (this.isData && !this.hasFailed) this.hasFailed = isFailure(event);
    if (this.readsUsage && isMentionedIn(event)) this.readUsage(event);
  }

  private readUsage(event: Slice): void {
    const json = findJson(event);
    if (json === null || json.isArray) {
      this.usage.readUnreadable(this.requestModel);
      return;
    }
    const text = new Slice(json.at, <i32>(json.limit - json.at), event.owner);
    const scanner = takeScanner();
    scanner.feed(text);
    scanner.next();
    this.usage.read(scanner.document, this.requestModel);
    this.usage.readImages(text);
    giveScanner(scanner);
  }
}

/** Whether the first byte of a body is that of `data`, `event`, `id`, `retry` or a comment. */
export function beginsEvents(byte: u8): bool {
  return byte == 0x64 || byte == 0x65 || byte == 0x69 || byte == 0x72 || byte == 0x3a;
}

/** Whether a text has a word about usage. */
export function isMentionedIn(text: Slice): bool {
  return mentionOfUsage(text.ptr, text.ptr + <usize>text.length) != Mention.None;
}
