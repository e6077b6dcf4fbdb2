import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { ScriptCall } from "../words";
import { UsageBook } from "./book";
import { UsageCounts } from "./counts";
import { recordUsage } from "./shared-usage";

/**
 * KEYS: the book, a hash. ARGV: line, input, output, requests, period, most lines. A line that does
 * not fit any more is added to the one without a name.
 */
const RECORD: Slice = bytes(
  "local line=ARGV[1] " +
    "local text=redis.call('hget',KEYS[1],line) " +
    "if not text and redis.call('hlen',KEYS[1])>=tonumber(ARGV[6]) then " +
    "line='' text=redis.call('hget',KEYS[1],line) end " +
    "local n={string.match(text or '','^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (.*)$')} " +
    "local same=n[7]==ARGV[5] " +
    "for i=1,3 do local added=tonumber(ARGV[i+1]) " +
    "n[i]=(tonumber(n[i]) or 0)+added " +
    "n[i+3]=(same and tonumber(n[i+3]) or 0)+added end " +
    "n[7]=ARGV[5] " +
    "redis.call('hset',KEYS[1],line,string.format('%.0f %.0f %.0f %.0f %.0f %.0f %s',unpack(n))) " +
    "return 1",
);

/** Writes into the book what one request used. The answer says nothing. */
@final
export class RecordUsage extends StoreCommand {
  constructor(
    tag: i32,
    readonly book: UsageBook,
    /** From `UsageBook.lineOf`. */
    readonly line: Slice,
    readonly added: UsageCounts,
    /** Empty without periods. */
    readonly periodId: Slice,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    const added = this.added;
    return new ScriptCall(RECORD)
      .key(this.book.key)
      .text(this.line)
      .integer(added.input)
      .integer(added.output)
      .integer(added.requests)
      .text(this.periodId)
      .integer(this.book.mostLines)
      .words(this.once(isResent));
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    return recordUsage(space, this);
  }
}
