import { Slice } from "@ai-gateway-wasm/bytes";
import { proxy_get_status } from "../abi/imports";
import { clearOut, OUT_NUMBER, OUT_PTR, OUT_SIZE, takeBytes, takeNumber } from "../memory/out";

/** What the host says about the last call that ended. */
@final
export class CallStatus {
  constructor(
    /** Of an HTTP call a `Status`: BrokenConnection when it broke off. Of a gRPC call its code. */
    readonly code: u32,
    /** `reset`, or the message of gRPC; in the callback arena. */
    readonly message: Slice,
  ) {}
}

/**
 * How the call ended whose callback is running. Envoy keeps the code of a broken HTTP call for later
 * calls of the same root, without its message: trust the message.
 */
export function callStatus(): CallStatus {
  clearOut();
  proxy_get_status(OUT_NUMBER, OUT_PTR, OUT_SIZE);
  return new CallStatus(takeNumber(), takeBytes());
}
