import { Builder, bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { keyBeside } from "./hash-tag";

const EVAL: Slice = bytes("eval");

/**
 * What a script begins with that may arrive twice: it does nothing, and answers 0, when the last of its
 * keys is there. See `StoreCommand.mayArriveAgain`.
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

  /** One more key, in the slot of the first one. @param id that no other command has */
  once(id: i64): ScriptCall {
    return this.key(keyBeside(this.keys[0]).appendInteger(id).view());
  }

  /** @param onceId of `StoreCommand.once`: it may arrive twice, and then works once; has a key */
  words(onceId: i64 = 0): Slice[] {
    let script = this.script;
    if (onceId != 0) {
      script = new Builder().append(ONCE).append(script).view();
      this.once(onceId);
    }
    const words = [EVAL, script, digits(this.keys.length)];
    for (let i = 0; i < this.keys.length; i++) words.push(this.keys[i]);
    for (let i = 0; i < this.args.length; i++) words.push(this.args[i]);
    return words;
  }
}
