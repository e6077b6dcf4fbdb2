import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const EVAL: Slice = bytes("eval");

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
    return this.text(integerText(value));
  }

  text(value: Slice): ScriptCall {
    this.args.push(value);
    return this;
  }

  words(): Slice[] {
    const words = [EVAL, this.script, integerText(this.keys.length)];
    for (let i = 0; i < this.keys.length; i++) words.push(this.keys[i]);
    for (let i = 0; i < this.args.length; i++) words.push(this.args[i]);
    return words;
  }
}

/** A number as Redis reads it. */
export function integerText(value: i64): Slice {
  return new Builder(24).appendInteger(value).view();
}
