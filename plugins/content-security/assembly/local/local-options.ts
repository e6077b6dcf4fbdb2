import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { WordOptions } from "@ai-gateway-wasm/match/words";
import { ownFlag, ownInteger } from "../own-fields";

const HOLDBACK: i64 = 256;
const MAX_HOLDBACK: i64 = 65536;

/** Fields beside the rules that say how they look for something (content-security.md 9.3). */
@final
export class LocalOptions {
  caseSensitive: bool = false;
  /** Full-width forms count as half-width, characters without width as absent. */
  normalize: bool = true;
  /** Separators between single characters count as absent. */
  ignoreSeparators: bool = false;
  /** Bytes. */
  streamHoldback: i32 = <i32>HOLDBACK;
  /** Characters; shorter words of the module are passed over. */
  systemDenyMinChars: i32 = 3;
  /** No bytes: hashes have no key. */
  hashKey: Slice = NO_BYTES;

  constructor(config: ConfigReader) {
    this.caseSensitive = config.flag("caseSensitive");
    this.normalize = ownFlag(config, "normalize", true);
    this.ignoreSeparators = config.flag("ignoreSeparators");
    this.streamHoldback = ownInteger(config, "streamHoldback", HOLDBACK, MAX_HOLDBACK);
    this.systemDenyMinChars = ownInteger(config, "systemDenyMinChars", 3, 100);
    this.hashKey = config.text("hashKey");
  }

  wordOptions(caseSensitive: bool): WordOptions {
    const options = new WordOptions();
    options.caseSensitive = caseSensitive;
    options.normalise = this.normalize;
    options.ignoreSeparators = this.ignoreSeparators;
    return options;
  }
}
