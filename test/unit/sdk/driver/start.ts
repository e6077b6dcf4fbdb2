import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  HttpContext,
  logLine,
  LogLevel,
  pluginConfiguration,
  register,
  RootContext,
  vmConfiguration,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";

/*
 * A plugin that tells what it reads of its configurations while it starts. A VM whose configuration
 * is `refuse` does not.
 */
class StartRoot extends RootContext {
  override onStart(): bool {
    const read = vmConfiguration.readAll();
    tell("vm", read);
    return read === null || !read.equals(bytes("refuse"));
  }

  override onConfigure(configuration: Slice): bool {
    const read = pluginConfiguration.readAll();
    tell("plugin", read);
    return read === null ? configuration.isEmpty : read.equals(configuration);
  }

  override createStream(_id: u32): HttpContext | null {
    return null;
  }
}

function tell(what: string, buffer: Slice | null): void {
  logLine(LogLevel.Info, bytes(what + ": " + (buffer === null ? "none" : buffer.toString())));
}

register((id) => new StartRoot(id));
