import { Builder, bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { monotonicNs, randomU64 } from "proxy-wasm-as";

const EVAL: Slice = bytes("eval");

/**
 * What a script begins with that may arrive twice: it does nothing, and answers 0, when the last of its
 * keys is there. A minute is the longest time in which it is sent again (`timeout`).
 */
const ONCE: Slice = bytes(
  "if not redis.call('set',table.remove(KEYS),1,'nx','ex',60) then return 0 end ",
);

/** A call of a script, as it is put together: `eval <script> <number of keys> <keys…> <arguments…>`. */
@final
export class ScriptCall {
  private readonly keys: Slice[] = [];
  private readonly args: Slice[] = [];

  constructor(private readonly script: Slice) {}

  key(key: Slice): ScriptCall {
    this.keys.push(key);
    return this;
  }

  integer(value: i64): ScriptCall {
    return this.text(digits(value));
  }

  text(value: Slice): ScriptCall {
    this.args.push(value);
    return this;
  }

  /** One more key, in the slot of the first one, that no other call has. */
  once(): ScriptCall {
    // The clock, for a host without random numbers.
    const id = <i64>(randomU64() ^ monotonicNs());
    return this.key(keyBeside(this.keys[0]).appendInteger(id).view());
  }

  /** @param isResent it may arrive twice, and then works once; has a key */
  words(isResent: bool = false): Slice[] {
    let script = this.script;
    if (isResent) {
      script = new Builder().append(ONCE).append(script).view();
      this.once();
    }
    const words = [EVAL, script, digits(this.keys.length)];
    for (let i = 0; i < this.keys.length; i++) words.push(this.keys[i]);
    for (let i = 0; i < this.args.length; i++) words.push(this.args[i]);
    return words;
  }
}

/**
 * The beginning of a key, `{<key>}:`, that is in one slot of a Redis Cluster with another one. A key
 * with a tag keeps it: what stands between its first `{` and the next `}`, if anything.
 */
export function keyBeside(key: Slice): Builder {
  const open = key.indexOf(0x7b);
  const isTagged = open >= 0 && key.indexOf(0x7d, open) > open + 1;
  const out = new Builder(key.length + 24);
  if (!isTagged) out.appendByte(0x7b);
  out.append(key);
  if (!isTagged) out.appendByte(0x7d);
  return out.appendByte(0x3a);
}
