import { ConfigReader } from "@ai-gateway-wasm/kit";

const DAY_MS: i64 = 86400000;

/** `timeouts`: how long attempts and requests may take, in milliseconds. */
@final
export class Timeouts {
  /** Of an attempt that streams, until its first event. */
  readonly firstTokenMs: i32;
  /** Of an attempt that does not. */
  readonly unaryMs: i32;
  /** Of the whole request, its stream included; 0: none. */
  readonly totalMs: i32;

  constructor(timeouts: ConfigReader) {
    this.firstTokenMs = <i32>timeouts.integer("firstToken", 60000, 1, DAY_MS);
    this.unaryMs = <i32>timeouts.integer("unary", 180000, 1, DAY_MS);
    this.totalMs = <i32>timeouts.integer("total", 0, 0, DAY_MS);
  }

  /** Of one attempt. */
  perTryMs(streams: bool): i32 {
    return streams ? this.firstTokenMs : this.unaryMs;
  }
}
