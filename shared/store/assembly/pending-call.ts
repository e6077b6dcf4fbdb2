import { monotonicNs } from "proxy-wasm-as";
import { RemoteBackend } from "./remote/backend";
import { StoreCommand } from "./command";
import { Store } from "./store";

/** A command that was sent and not answered yet. */
@final
export class PendingCall {
  /** On the monotonic clock: a late answer and a broken connection look the same in Higress. */
  readonly sentNs: u64 = monotonicNs();

  constructor(
    readonly store: Store,
    readonly backend: RemoteBackend,
    readonly command: StoreCommand,
  ) {}
}
