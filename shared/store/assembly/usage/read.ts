import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisHgetAll } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { StoreCommand } from "../command";
import { StoreFailure, StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { UsageBook, UsageLine } from "./book";
import { UsageRecord } from "./counts";
import { readUsage } from "./shared-usage";

/** Reads the whole book, into `lines`; their bytes are the host's. */
@final
export class ReadUsage extends StoreCommand {
  lines: UsageLine[] = [];

  constructor(
    tag: i32,
    readonly book: UsageBook,
  ) {
    super(tag, true);
  }

  override words(_isResent: bool): Slice[] | null {
    return redisHgetAll(this.book.key);
  }

  override read(answer: RedisReply): StoreReply {
    if (!answer.isArray) {
      return StoreReply.failed(StoreFailure.Reply, "the usage report cannot be read");
    }
    for (let i = 0; i + 1 < answer.items.length; i += 2) {
      this.add(answer.item(i).text, answer.item(i + 1).text);
    }
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    return readUsage(space, this);
  }

  /** Only for the back ends. */
  add(line: Slice, text: Slice): void {
    this.lines.push(new UsageLine(line, UsageRecord.parse(text)));
  }
}
