import { api } from "./api.js";

type SetSize = (size: number) => void;

/** asc's own size, which it sets before it optimises; a second pass of its own has a bit more. */
const setSize: SetSize = api._BinaryenSetOneCallerInlineMaxSize.bind(api);

/**
 * A transform of asc: up to which size a function with one caller becomes part of it.
 *
 * What V8 needs to compile a function grows faster than the function, and the heap of the process
 * keeps what the longest ones needed.
 */
export class LeanCalls {
  /** @param size in binaryen's measure, about a byte and a half each; undefined: asc's own, 80 */
  constructor(private readonly size?: number) {}

  afterInitialize(): void {
    const { size } = this;
    api._BinaryenSetOneCallerInlineMaxSize = size === undefined ? setSize : () => setSize(size);
  }
}
