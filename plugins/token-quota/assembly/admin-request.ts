import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Account, Accounts } from "./accounts";
import { Amount } from "./amount";
import { Parameters } from "./parameters";
import { Mode } from "./paths";
import {
  consumerEmpty,
  deltaParameters,
  modelEmpty,
  refreshParameters,
  Reply,
} from "./replies";

const CONSUMER: Slice = bytes("consumer");
const GROUP: Slice = bytes("group");
const MODEL: Slice = bytes("model");
const QUOTA: Slice = bytes("quota");
const VALUE: Slice = bytes("value");
const VERBOSE: Slice = bytes("verbose");
const ONE: Slice = bytes("1");

/** Which balance an administrator wants to see or change, and how. */
@final
export class AdminRequest {
  /** Null: `refusal` says why. */
  readonly account: Account | null = null;
  readonly refusal: Reply | null = null;
  /** The new balance, or what is added to it. */
  readonly amount: i64 = 0;
  readonly isVerbose: bool;

  constructor(mode: Mode, parameters: Parameters, accounts: Accounts) {
    this.isVerbose = parameters.text(VERBOSE).equals(ONE);
    const consumer = parameters.text(CONSUMER);
    const group = accounts.hasGroups ? parameters.text(GROUP) : NO_BYTES;
    const name = group.isEmpty ? consumer : group;
    const isChange = mode == Mode.Refresh || mode == Mode.Delta;
    const amount = isChange
      ? Amount.parse(parameters.text(mode == Mode.Refresh ? QUOTA : VALUE))
      : Amount.ZERO;
    if (name.isEmpty || amount === null) {
      this.refusal = incomplete(mode);
      return;
    }
    const model = accounts.byModel ? parameters.text(MODEL) : NO_BYTES;
    if (accounts.byModel && model.isEmpty) {
      this.refusal = modelEmpty();
      return;
    }
    this.amount = amount.value;
    this.account = group.isEmpty
      ? accounts.ofConsumer(consumer, model)
      : accounts.ofGroup(group, model);
  }
}

/** What the peer says to a call that lacks something. */
export function incomplete(mode: Mode): Reply {
  if (mode == Mode.Refresh) return refreshParameters();
  return mode == Mode.Delta ? deltaParameters() : consumerEmpty();
}
