import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Reply } from "@ai-gateway-wasm/llm/refusal";
import { Account, Accounts } from "./accounts";
import { Amount } from "./amount";
import { Parameters } from "./parameters";
import { Mode } from "./paths";
import { consumerEmpty, deltaParameters, modelEmpty, refreshParameters } from "./replies";

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
  account: Account | null = null;
  refusal: Reply | null = null;
  /** The new balance, or what is added to it. */
  amount: i64 = 0;
  readonly isVerbose: bool;

  constructor(mode: Mode, parameters: Parameters, accounts: Accounts) {
    this.isVerbose = parameters.text(VERBOSE).equals(ONE);
    const consumer = parameters.text(CONSUMER);
    const group = accounts.hasGroups ? parameters.text(GROUP) : NO_BYTES;
    const model = accounts.byModel ? parameters.text(MODEL) : NO_BYTES;
    const amount = readAmount(mode, parameters);
    if (amount === null || (consumer.isEmpty && group.isEmpty)) {
      this.refusal = incomplete(mode);
    } else if (accounts.byModel && model.isEmpty) {
      this.refusal = modelEmpty();
    } else {
      this.amount = amount.value;
      this.account = group.isEmpty
        ? accounts.ofConsumer(consumer, model)
        : accounts.ofGroup(group, model);
    }
  }
}

/** Null: it should be there, and is no integer. */
function readAmount(mode: Mode, parameters: Parameters): Amount | null {
  if (mode == Mode.Refresh) return Amount.parse(parameters.text(QUOTA));
  return mode == Mode.Delta ? Amount.parse(parameters.text(VALUE)) : Amount.ZERO;
}

/** What the peer says to a call that lacks something. */
export function incomplete(mode: Mode): Reply {
  if (mode == Mode.Refresh) return refreshParameters();
  return mode == Mode.Delta ? deltaParameters() : consumerEmpty();
}
