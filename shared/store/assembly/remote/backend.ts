import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { HttpCallResponse, monotonicNs } from "proxy-wasm-as";
import { Backend } from "../backend";
import { StoreCalls } from "../calls";
import { StoreCommand } from "../command";
import { PendingCall } from "../pending-call";
import { StoreFailure, StoreReply } from "../reply";
import { Store } from "../store";

/** Of an error text of the store; more is noise in a log line. */
const LONGEST_CAUSE: i32 = 256;

/** A Redis somewhere else: commands become words, answers come later. One file per way to it. */
export abstract class RemoteBackend extends Backend {
  constructor(
    /** 0: for ever. */
    protected readonly timeoutMs: i32,
    /** What can be repeated is sent again when a connection breaks before the answer. */
    private readonly resends: bool,
  ) {
    super();
  }

  /**
   * Sends the words of a command.
   *
   * @param isRepeatable they may arrive twice
   * @returns null when an answer will come, else why none will
   */
  protected abstract send(
    calls: StoreCalls,
    id: i32,
    words: Slice[],
    isRepeatable: bool,
  ): string | null;

  override run(calls: StoreCalls, command: StoreCommand, store: Store): StoreReply | null {
    const words = command.words(this.resends);
    if (words === null) return new StoreReply();
    const id = calls.add(new PendingCall(store, this, command));
    const refusal = this.send(calls, id, words, command.isRepeatable);
    if (refusal === null) return null;
    calls.take(id);
    return StoreReply.failed(StoreFailure.Dispatch, refusal);
  }

  /** The HTTP answer to `call`. */
  answerHttp(call: PendingCall, _response: HttpCallResponse): StoreReply {
    return this.refuse(call, StoreFailure.Reply, "");
  }

  /** Redis' answer to `call`. @param failed no answer came; the reply is an error then */
  answerRedis(call: PendingCall, answer: RedisReply, failed: bool): StoreReply {
    if (!failed) return this.finish(call, answer);
    const elapsedNs = monotonicNs() - call.sentNs;
    const isLate = this.timeoutMs > 0 && elapsedNs >= <u64>this.timeoutMs * 1000000;
    const failure = isLate ? StoreFailure.Timeout : StoreFailure.Connection;
    const reply = this.refuse(call, failure, answer.text.toString());
    // Peers say "cannot connect" of both (token-rate-limit.md 6, no. 11).
    if (isLate) reply.cause = "timeout";
    return reply;
  }

  /** What an answer means to the command. */
  protected finish(call: PendingCall, answer: RedisReply): StoreReply {
    if (answer.isError) return this.refuse(call, StoreFailure.Reply, readable(answer.text));
    return call.store.judge(call.command, call.command.read(answer));
  }

  /** @param isForeign see `StoreReply` */
  protected refuse(
    call: PendingCall,
    failure: StoreFailure,
    cause: string,
    isForeign: bool = false,
  ): StoreReply {
    const reply = StoreReply.failed(failure, call.command.explain(cause));
    reply.isForeign = isForeign;
    reply.cause = cause;
    return call.store.judge(call.command, reply);
  }
}

/** One line of limited length: a server chose the text, and it goes to a log or a client. */
function readable(text: Slice): string {
  let end = 0;
  while (end < min(text.length, LONGEST_CAUSE) && text.at(end) >= 0x20) end++;
  return text.sub(0, end).toString();
}
