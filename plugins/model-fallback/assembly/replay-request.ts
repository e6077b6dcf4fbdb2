import { KeyPath } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { chooseRouteAgain, keepRoute } from "@ai-gateway-wasm/kit";
import { httpCall, Pairs, PairsBuilder, requestHeaders, Status } from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { FallbackConfig } from "./config";
import { HeadEdits } from "./head-edits";
import { CREDENTIAL_HEADERS, PASSED_ON, PATH } from "./names";
import { ROOT_PATH } from "./path-rule";
import { rewriteRequest } from "./rewrite";

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
    attempt.editHead(edits, path === null ? ROOT_PATH : path);
    const head = new PairsBuilder();
    edits.appendTo(head, original);
    if (!head.isComplete) return Status.BadArgument;
    const body = modelKey === null ? this.body : attempt.editBody(this.body, modelKey);
    return httpCall(owner, 0, attempt.target.cluster, head.build(), body, timeoutMs);
  }
}

/** The running request itself goes to the attempt's target: the route's, or the one its header names. */
export function sendOn(
  config: FallbackConfig,
  attempt: Attempt,
  body: Slice,
  modelKey: KeyPath,
): void {
  const edits = new HeadEdits();
  const steers = !config.clusterHeader.isEmpty;
  if (steers) edits.set(config.clusterHeader, attempt.target.cluster);
  else keepRoute();
  rewriteRequest(attempt, edits, requestHeaders.pairs(), body, modelKey);
  if (steers) chooseRouteAgain();
}

function pass(names: Slice[], from: Pairs, to: PairsBuilder): void {
  for (let i = 0; i < names.length; i++) {
    const value = from.find(names[i]);
    if (value !== null) to.add(names[i], value);
  }
}
