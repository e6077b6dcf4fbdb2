import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { parseReply } from "@ai-gateway-wasm/kit/assembly/resp";
import { RestDialect } from "@ai-gateway-wasm/store/assembly/remote/rest-dialect";
import { WebdisDialect } from "@ai-gateway-wasm/store/assembly/remote/webdis";

const GET: Slice = bytes("get");
const RAW: Slice = bytes(".raw");

/**
 * Webdis, for texts of any bytes. Its JSON (0.1.9) cuts a text at its first NUL and leaves out one that
 * is not UTF-8, so what is read comes as Redis itself says it:
 *
 *   get/<key>.raw  ──►  $5␍␊Hello␍␊  or  $-1␍␊
 */
@final
export class WebdisBytes extends RestDialect {
  private readonly json: WebdisDialect;

  /** @param database 0: the one that Webdis is configured with */
  constructor(database: i32) {
    super();
    this.json = new WebdisDialect(database);
  }

  override encode(words: Slice[]): Slice {
    const command = this.json.encode(words);
    if (!words[0].equals(GET)) return command;
    return new Builder(command.length + RAW.length).append(command).append(RAW).view();
  }

  override decode(body: Slice): RedisReply | null {
    const reply = parseReply(body);
    return reply === null ? this.json.decode(body) : reply;
  }
}
