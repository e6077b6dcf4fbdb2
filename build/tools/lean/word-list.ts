import binaryen from "binaryen";
import { api } from "./api.js";
import { appendData } from "./data.js";

const LIST = "~lib/@ai-gateway-wasm/match/assembly/words/built-in/list";

/** A transform of asc: puts a word list behind all static data, and its address into shared/match. */
export class WordList {
  /** @param form of build/tools/words */
  constructor(private readonly form: Uint8Array) {}

  /** @throws Error when the program looks for no built-in words */
  afterCompile(module: binaryen.Module): void {
    if (!module.getFunction(LIST)) throw new Error("nothing looks for the words of the list");
    const address = appendData(module, this.form);
    api._BinaryenFunctionSetBody(module.getFunction(LIST), module.i32.const(address));
  }
}
