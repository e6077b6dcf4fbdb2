import { KeyPath } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { httpCall, Pairs, PairsBuilder, Status } from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { HeadEdits } from "./head-edits";
import { CREDENTIAL_HEADERS, PASSED_ON, PATH } from "./names";

const NO_PATH: Slice = bytes("/");

/** A client's request, kept to be sent again to other targets. */
@final
export class ReplayRequest {
  /** Serialised pairs. */
  private readonly head: Slice;
  private readonly body: Slice;

  /**
   * Copies what is needed of the running request.
   *
   * @param present its headers
   */
  constructor(present: Pairs, body: Slice) {
    const head = new PairsBuilder();
    pass(PASSED_ON, present, head);
    pass(CREDENTIAL_HEADERS, present, head);
    this.head = head.build();
    this.body = body.copy();
  }

  /**
   * Sends it to a target; the answer reaches `onHttpCallResponse` of `owner`.
   *
   * @param modelKey where the model stands in the body
   * @param timeoutMs for the whole answer
   * @returns anything but Ok: no answer will come
   */
  send(attempt: Attempt, modelKey: KeyPath | null, owner: u32, timeoutMs: i32): Status {
    const original = new Pairs(this.head);
    const path = original.find(PATH);
    const edits = new HeadEdits();
    attempt.editHead(edits, path === null ? NO_PATH : path);
    const head = new PairsBuilder();
    edits.appendTo(head, original);
    if (!head.isComplete) return Status.BadArgument;
    const body = modelKey === null ? this.body : attempt.editBody(this.body, modelKey);
    return httpCall(owner, 0, attempt.target.cluster, head.build(), body, timeoutMs);
  }
}

function pass(names: Slice[], from: Pairs, to: PairsBuilder): void {
  for (let i = 0; i < names.length; i++) {
    const value = from.find(names[i]);
    if (value !== null) to.add(names[i], value);
  }
}
