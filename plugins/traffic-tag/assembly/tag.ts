import { lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { LogLevel, requestHeaders, Status } from "proxy-wasm-as";

/** A header that marks a request. */
@final
export class Tag {
  /** In lower case, as the gateway has names. */
  readonly name: Slice;

  constructor(
    name: Slice,
    readonly value: Slice,
  ) {
    this.name = lowerCase(name).kept();
  }

  /** Adds it to the running request. A value that is there already stays, unless it `overwrites`. */
  add(overwrites: bool, log: PluginLog): void {
    const isDebugged = log.wants(LogLevel.Debug);
    const present = requestHeaders.get(this.name);
    if (present !== null && !present.isEmpty && !overwrites) {
      // The peer prints the value, which is the client's.
      if (isDebugged) log.debug("ADD HEADER failed: " + this.name.toString() + " already exists");
      return;
    }
    const status = overwrites
      ? requestHeaders.set(this.name, this.value)
      : requestHeaders.add(this.name, this.value);
    if (!isDebugged) return;
    if (status == Status.Ok) {
      log.debug("ADD HEADER: " + this.name.toString() + ", value: " + this.value.toString());
    } else {
      log.debug("failed to add tag header: " + this.name.toString());
    }
  }
}
