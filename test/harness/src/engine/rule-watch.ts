import { fromBytes } from "../abi/text.js";
import type { Vm, VmContext } from "./vm.js";

const SIDE_EFFECTS = new Set([
  "proxy_http_call",
  "proxy_grpc_call",
  "proxy_grpc_stream",
  "proxy_redis_call",
  "proxy_enqueue_shared_queue",
  "proxy_set_tick_period_milliseconds",
]);
const CALLOUTS = new Set([
  "proxy_http_call",
  "proxy_grpc_call",
  "proxy_grpc_stream",
  "proxy_redis_call",
]);
/** Host calls about the acting stream; of maps and buffers only those of its request and response. */
const STREAM_CALL = /send_local_response|continue_stream|close_stream|_property/;
const MAP_OR_BUFFER = /header_map|buffer_bytes/;
const HEADER_CALLBACK = /^proxy_on_(request|response)_(headers|body|trailers)$/;

interface View {
  pointer: number;
  length: number;
  hash: string;
  what: string;
  callback: string;
  plugin: string;
}

/** Notices misuse that only shows over one whole guest call. One per VM. */
export class RuleWatch {
  private views: View[] = [];
  private rejectedCall = "";
  /** Some call-out of this callback will be answered. */
  private awaitsAnswer = false;
  private deadEffective = false;
  private readKeys = new Set<string>();
  /** Directions resumed in this callback, and streams answered, by context. */
  private continued = new Set<string>();
  private answered = new Set<number>();

  constructor(private vm: Vm) {}

  begin(): void {
    this.rejectedCall = "";
    this.awaitsAnswer = false;
    this.deadEffective = false;
    this.readKeys.clear();
    this.continued.clear();
    this.answered.clear();
  }

  effective(alive: boolean): void {
    this.deadEffective = !alive;
  }

  /** @param context id of the stream that is answered */
  replied(context: number): void {
    this.answered.add(context);
  }

  /** @param context id of the stream that is resumed */
  continues(type: number, context: number): void {
    if (this.answered.has(context))
      this.vm.note("S03", "continue_stream after send_local_response in one callback");
    this.continued.add(`${context} ${type}`);
  }

  hostCall(name: string, args: readonly (number | bigint)[], status: number): void {
    if (this.deadEffective && isAboutStream(name, Number(args[0]))) {
      this.vm.note(
        "S18",
        `${name} after set_effective_context of a stream that is gone: acts on the root`,
      );
    }
    if (CALLOUTS.has(name) && status === 0) this.awaitsAnswer = true;
    else if (CALLOUTS.has(name)) this.rejectedCall = `${name} answered ${status}`;
    if (SIDE_EFFECTS.has(name) && status === 0 && /configure|vm_start/.test(this.vm.callback)) {
      this.vm.note("S26", `${name} runs once per worker and once on the main thread`);
    }
    if (name.endsWith("_shared_data") && status === 0) this.sharedData(name, args);
  }

  private sharedData(name: string, args: readonly (number | bigint)[]): void {
    const key = this.vm.memory.text(Number(args[0]), Number(args[1]));
    if (name === "proxy_get_shared_data") this.readKeys.add(key);
    else if (args[4] === 0 && this.readKeys.has(key)) {
      this.vm.note(
        "S20",
        `shared data "${key}" read and then written with cas 0: updates can be lost`,
      );
    }
  }

  /** Checks at the end of a callback. */
  end(context: VmContext | null, returned: number | undefined): void {
    const match = HEADER_CALLBACK.exec(this.vm.callback);
    if (!match || returned === undefined || !context) return;
    const kind = match[2]!;
    const highest = kind === "headers" ? 4 : kind === "body" ? 3 : 1;
    if (returned >>> 0 > highest)
      this.vm.note("S12", `returned ${returned}, largest is ${highest}`);
    if (kind === "headers" && returned === 2) {
      this.vm.note("S12", "returned 2 (ContinueAndEndStream): hosts take it as Continue");
    }
    const pauses = returned !== 0 && !(kind === "headers" && returned === 2);
    const waitsInVain = this.rejectedCall !== "" && !this.awaitsAnswer;
    if (pauses && waitsInVain && !this.answered.has(context.id)) {
      this.vm.note("S14", `${this.rejectedCall}, yet the stream is paused: no callback will come`);
    }
    if (!pauses && this.continued.has(`${context.id} ${match[1] === "request" ? 0 : 1}`)) {
      this.vm.note("S02", "continue_stream in a callback that returns Continue: sent on twice");
    }
  }

  keepView(pointer: number, length: number, what: string): void {
    if (length === 0) return;
    const hash = fromBytes(this.vm.memory.read(pointer, length));
    const plugin = this.vm.running()?.pluginName ?? "";
    this.views.push({ pointer, length, hash, what, callback: this.vm.callback, plugin });
  }

  /** Reports every kept range whose bytes have changed (S22), then forgets them. */
  checkViews(): void {
    for (const view of this.views) {
      if (fromBytes(this.vm.memory.read(view.pointer, view.length)) === view.hash) continue;
      this.vm.env.violation("S22", `${view.what} was overwritten in guest memory after the call`, {
        plugin: view.plugin,
        callback: view.callback,
      });
    }
    this.views = [];
  }
}

function isAboutStream(name: string, mapOrBuffer: number): boolean {
  if (STREAM_CALL.test(name)) return true;
  const last = name.includes("buffer") ? 1 : 3;
  return MAP_OR_BUFFER.test(name) && mapOrBuffer <= last;
}
