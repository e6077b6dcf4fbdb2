import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DataAction, HttpCallResponse, responseBody, responseHeaders } from "proxy-wasm-as";
import { Taking } from "./api/api";
import { SecurityConfig } from "./config";
import { Examiner } from "./exam";
import { showsPausedChunks } from "./paused-chunks";
import { StreamGate } from "./stream-gate";

const TRAILER: Slice = bytes("trailer");

/** What becomes of an answer that was read, or whose judge has spoken. */
export const enum Flow {
  /** Nothing yet, or what comes takes along what may go. */
  Stays,
  /** What is held goes on. */
  Resumes,
  /** The same, and it was all. */
  Ends,
  /** What had to go out cannot any more. */
  Breaks,
}

/** The body of an answer on its way through a gate, as the gateway gives and takes it. */
@final
export class GatedBody {
  /** The gateway holds the body. */
  private isPaused: bool = false;
  /** All has come. */
  private isComplete: bool = false;

  constructor(
    readonly gate: StreamGate,
    /** Trailers are announced: nothing can be added behind them, so nothing is held but by the gateway. */
    private readonly expectsTrailers: bool,
    /** Time makes windows due, and what is not paused cannot go out then. */
    private readonly isTimed: bool,
  ) {}

  /** A chunk is there. */
  read(endOfStream: bool): DataAction {
    const gate = this.gate;
    const body = responseBody.peek(i32.MAX_VALUE); // hosts differ in what the size is at the end
    const chunk = body === null ? NO_BYTES : body;
    this.isComplete = endOfStream;
    // The rest of a body that is paused may be hidden until it is resumed: `take` ends it.
    const isLast = endOfStream && !gate.isWaiting;
    gate.feed(chunk, isLast);
    if (endOfStream && !isLast && !gate.isWaiting) gate.feed(NO_BYTES, true); // it was not waited for
    // Not paused without need: Higress 2.1 hides the chunk that comes to a paused body (harness.md 6.4).
    this.isPaused = gate.isWaiting || (!endOfStream && this.mayPause && gate.holds);
    const out = this.isPaused ? NO_BYTES : gate.release();
    if (!out.equals(chunk)) responseBody.replace(out);
    return this.isPaused ? DataAction.StopIterationAndBuffer : DataAction.Continue;
  }

  /** What waits is better paused, if anything does. */
  private get mayPause(): bool {
    return this.expectsTrailers || (this.isTimed && !this.gate.isReady);
  }

  /**
   * A judge has answered. On Higress 2.1 the chunk that comes next is hidden, too, and passes
   * unjudged.
   */
  take(response: HttpCallResponse): Flow {
    const gate = this.gate;
    if (!gate.isWaiting) return Flow.Stays;
    gate.take(response);
    if (!this.isPaused) {
      // What may go out goes with what comes; nothing comes behind trailers.
      return this.isComplete && !gate.isWaiting ? this.endUnpaused() : Flow.Stays;
    }
    return this.goOn();
  }

  /** Time goes by. */
  tick(): Flow {
    const isDue = this.gate.tick();
    return isDue && this.isPaused && !this.gate.isWaiting ? this.goOn() : Flow.Stays;
  }

  /** What is paused goes on, unless there is another judge to wait for. */
  private goOn(): Flow {
    const gate = this.gate;
    const hidden = responseBody.readAll();
    gate.feed(hidden === null ? NO_BYTES : hidden, this.isComplete);
    if (gate.isWaiting) {
      responseBody.replace(NO_BYTES);
      return Flow.Stays;
    }
    responseBody.replace(gate.release());
    this.isPaused = false;
    return this.isComplete ? Flow.Ends : Flow.Resumes;
  }

  /** Trailers have come. */
  end(): Flow {
    const gate = this.gate;
    this.isComplete = true;
    if (gate.isWaiting) return Flow.Stays;
    gate.feed(NO_BYTES, true);
    if (gate.isWaiting) return Flow.Stays;
    if (!this.isPaused) return this.endUnpaused();
    responseBody.replace(gate.release());
    return Flow.Ends;
  }

  /** Nothing can be added to a body that is not paused. */
  private endUnpaused(): Flow {
    return this.gate.release().isEmpty ? Flow.Ends : Flow.Breaks;
  }
}

/** For an answer whose headers are loaded; with the last parameter as `StreamGate`. */
export function openGate(config: SecurityConfig, examiner: Examiner, taking: Taking): GatedBody {
  const hasTrailers = responseHeaders.get(TRAILER) !== null;
  const isTimed = config.flushTicks > 0;
  const canPause = (hasTrailers || isTimed) && showsPausedChunks();
  const ending = taking == Taking.Lines ? config.refusal.lines() : null;
  const gate = new StreamGate(config, examiner, taking, ending);
  return new GatedBody(gate, hasTrailers && canPause, isTimed && canPause);
}
