import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Backend } from "../backend";
import { StoreCalls } from "../calls";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { Store } from "../store";
import { SharedSpace } from "./space";

/** Shared data of the gateway: one process, all its workers, nothing to install. */
@final
export class SharedBackend extends Backend {
  constructor(private readonly space: SharedSpace) {
    super();
  }

  override get identity(): Slice {
    return NO_BYTES;
  }

  override run(_calls: StoreCalls, command: StoreCommand, _store: Store): StoreReply | null {
    return command.runShared(this.space);
  }
}
