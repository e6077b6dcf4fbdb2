import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";
import { StoreReply } from "../reply";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { StoredValue } from "../values/stored-value";
import { UsageBook } from "./book";
import { UsageRecord } from "./counts";
import { ReadUsage } from "./read";
import { RecordUsage } from "./record";

// The book in shared data: under its key the lines' names, each ended by NUL; under the key, NUL and
// a name that line's record. Nothing in it ever ends, so the clock is not asked.

const ALWAYS: i64 = 0;

export function recordUsage(space: SharedSpace, command: RecordUsage): StoreReply {
  const book = command.book;
  let line = command.line;
  let stored = new StoredValue(space, recordKey(book, line));
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(ALWAYS);
    const text = stored.bytes;
    if (text === null) {
      const outcome = enlist(space, book, line);
      if (outcome == Enlisting.Contended) break;
      if (outcome == Enlisting.Full) {
        line = NO_BYTES;
        stored = new StoredValue(space, recordKey(book, line));
        continue;
      }
    }
    const record = text === null ? new UsageRecord() : UsageRecord.parse(text);
    stored.bytes = record.plus(command.added, command.periodId).spell();
    if (stored.write() == Status.Ok) return new StoreReply();
  }
  return space.contention();
}

export function readUsage(space: SharedSpace, command: ReadUsage): StoreReply {
  const book = command.book;
  const names = new StoredValue(space, book.key);
  names.read(ALWAYS);
  const list = names.bytes;
  if (list === null) return new StoreReply();
  let at = 0;
  while (at < list.length) {
    const end = list.indexOf(0, at);
    if (end < 0) break;
    const line = list.sub(at, end);
    const stored = new StoredValue(space, recordKey(book, line));
    stored.read(ALWAYS);
    const text = stored.bytes;
    command.add(line, text === null ? NO_BYTES : text);
    at = end + 1;
  }
  return new StoreReply();
}

const enum Enlisting {
  /** The name is in the list. */
  Done,
  Full,
  /** The list changes too fast. */
  Contended,
}

/** Adds a name to the list unless it is there. */
function enlist(space: SharedSpace, book: UsageBook, line: Slice): Enlisting {
  // A list of thousands of names is not copied out of the host for every answer.
  if (book.isFull && !line.isEmpty) return Enlisting.Full;
  const names = new StoredValue(space, book.key);
  for (let i = 0; i < ATTEMPTS; i++) {
    names.read(ALWAYS);
    const found = names.bytes;
    const list = found === null ? NO_BYTES : found;
    const count = countUnless(list, line);
    if (count < 0) return Enlisting.Done;
    if (count >= book.mostLines && !line.isEmpty) {
      book.isFull = true;
      return Enlisting.Full;
    }
    names.bytes = new Builder(list.length + line.length + 1)
      .append(list)
      .append(line)
      .appendByte(0)
      .view();
    if (names.write() == Status.Ok) return Enlisting.Done;
  }
  return Enlisting.Contended;
}

/** How many names there are; -1 when `line` is one of them. */
function countUnless(list: Slice, line: Slice): i32 {
  let count = 0;
  let at = 0;
  while (at < list.length) {
    const end = list.indexOf(0, at);
    if (end < 0) return count;
    if (list.sub(at, end).equals(line)) return -1;
    count++;
    at = end + 1;
  }
  return count;
}

function recordKey(book: UsageBook, line: Slice): Slice {
  return new Builder().append(book.key).appendByte(0).append(line).view();
}
