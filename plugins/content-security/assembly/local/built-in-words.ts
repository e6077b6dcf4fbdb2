import { BuiltInScan, WordOptions } from "@ai-gateway-wasm/match/words";
import { LocalRule } from "./rule";

/** The words of the module, as a rule wants them. */
@final
export class BuiltInWords {
  private readonly options: WordOptions = new WordOptions();

  constructor(
    readonly rule: LocalRule,
    options: WordOptions,
    private readonly minChars: i32,
  ) {
    this.options.normalise = options.normalise;
  }

  scan(): BuiltInScan {
    return new BuiltInScan(this.options, this.minChars);
  }
}
