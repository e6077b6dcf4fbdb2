import type { HeaderPair } from "../scenario/scenario.js";

type State = "head" | "length" | "size" | "chunk" | "chunk end" | "trailers" | "close" | "done";

/** Reads one HTTP/1.1 message from bytes as they come; exact, and blind to no extra byte. */
export class MessageReader {
  /** Request or status line; empty until the head is complete. */
  start = "";
  headers: HeaderPair[] = [];
  trailers: HeaderPair[] = [];
  complete = false;
  private readonly parts: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private state: State = "head";
  private missing = 0;

  /**
   * @param kind which message is read
   * @param toHead true for the answer to HEAD, which has no body whatever its headers say
   */
  constructor(
    private readonly kind: "request" | "response",
    private readonly toHead = false,
  ) {}

  /** True when the head is complete. */
  get headDone(): boolean {
    return this.state !== "head";
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** Bytes after the end of the message. */
  get surplus(): Buffer {
    return this.complete ? this.rest : Buffer.alloc(0);
  }

  /** Value of a header, case-insensitively; undefined when absent. */
  get(name: string): string | undefined {
    return this.headers.find(([key]) => key.toLowerCase() === name)?.[1];
  }

  push(bytes: Uint8Array): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.step());
  }

  /** The peer closed: ends a message without framing. */
  close(): void {
    if (this.state === "close") this.finish();
  }

  private finish(): false {
    this.state = "done";
    this.complete = true;
    return false;
  }

  private take(length: number): Buffer {
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  private line(): string | null {
    const end = this.rest.indexOf("\r\n");
    return end < 0 ? null : this.take(end + 2).toString("utf8", 0, end);
  }

  /** One step of the machine; false when more bytes are needed or the message is complete. */
  private step(): boolean {
    switch (this.state) {
      case "head":
        return this.readHead();
      case "length":
      case "chunk":
        return this.readPart();
      case "chunk end":
        if (this.rest.length < 2) return false;
        this.take(2);
        this.state = "size";
        return true;
      case "size": {
        const line = this.line();
        if (line === null) return false;
        this.missing = parseInt(line, 16);
        this.state = this.missing ? "chunk" : "trailers";
        return true;
      }
      case "trailers": {
        const line = this.line();
        if (line === null) return false;
        if (line === "") return this.finish();
        this.trailers.push(readHeader(line));
        return true;
      }
      case "close":
        this.parts.push(this.take(this.rest.length));
        return false;
      default:
        return false;
    }
  }

  private readPart(): boolean {
    const part = this.take(this.missing);
    this.parts.push(part);
    this.missing -= part.length;
    if (this.missing) return false;
    if (this.state === "length") return this.finish();
    this.state = "chunk end";
    return true;
  }

  private readHead(): boolean {
    const end = this.rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const lines = this.take(end + 4)
      .toString("utf8", 0, end)
      .split("\r\n");
    this.start = lines[0] ?? "";
    this.headers = lines.slice(1).map(readHeader);
    return this.chooseFraming();
  }

  private chooseFraming(): boolean {
    const status = this.kind === "response" ? Number(this.start.split(" ")[1]) : 0;
    if (status >= 100 && status < 200) return true; // an interim answer: the head follows
    if (this.toHead || status === 304) return this.finish();
    const length = this.get("content-length");
    if (this.get("transfer-encoding")?.toLowerCase() === "chunked") this.state = "size";
    else if (length !== undefined) {
      this.missing = Number(length);
      this.state = "length";
      if (!this.missing) return this.finish();
    } else if (this.kind === "request" || status === 204) return this.finish();
    else this.state = "close";
    return true;
  }
}

function readHeader(line: string): HeaderPair {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** Head of a message; values are written as they are. */
export function head(start: string, headers: readonly HeaderPair[]): Buffer {
  const lines = [start, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
  return Buffer.from(lines.join("\r\n"));
}

/** One chunk of a chunked body. */
export function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}

/** End of a chunked body. */
export function lastChunk(trailers: readonly HeaderPair[]): Buffer {
  const lines = ["0", ...trailers.map(([name, value]) => `${name}: ${value}`), "", ""];
  return Buffer.from(lines.join("\r\n"));
}
