import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  canReadRequestHeaders,
  getProperty,
  isLogged,
  LogLevel,
  logLine,
  requestHeaders,
  setProperty,
} from "proxy-wasm-as";

const REQUEST_ID_HEADER: Slice = bytes("x-request-id");
const REQUEST_ID_PROPERTY: Slice = bytes("x_request_id");
/** What stands in a line for an id there is none of. */
export const NIL: Slice = bytes("nil");

/**
 * Log lines in the form of Higress's plugins (host.md 4):
 *
 *   [<plugin name>] [<plugin id>] [<request id>] <message>
 *
 * Build a message only after `wants` said yes. Names and ids may stand in it, never a credential,
 * a prompt or a body.
 */
@final
export class PluginLog {
  /** `_plugin_id_` of the configuration. */
  pluginId: Slice = NIL;

  constructor(private readonly pluginName: Slice) {}

  wants(level: LogLevel): bool {
    return isLogged(level);
  }

  /** Writes a line about the request of the running callback, or `nil` without one. */
  write(level: LogLevel, message: string): void {
    if (!isLogged(level)) return;
    const line = new Builder(128);
    line.appendByte(0x5b).append(this.pluginName).appendText("] [").append(this.pluginId);
    line.appendText("] [").append(requestId()).appendText("] ").appendText(message);
    logLine(level, line.view());
  }

  debug(message: string): void {
    this.write(LogLevel.Debug, message);
  }

  info(message: string): void {
    this.write(LogLevel.Info, message);
  }

  warn(message: string): void {
    this.write(LogLevel.Warn, message);
  }

  error(message: string): void {
    this.write(LogLevel.Error, message);
  }
}

/** Leaves the request's id for later phases and later plugins, in `x_request_id` (host.md 3.3). */
export function noteRequestId(): void {
  requestHeaders.load(); // which costs what one header costs, and plugins look at more
  const id = requestHeaders.get(REQUEST_ID_HEADER);
  if (id !== null) leaveRequestId(id);
}

/** Leaves an id that was kept, for a line in a callback that cannot read the request's headers. */
export function leaveRequestId(id: Slice): void {
  if (!id.isEmpty) setProperty(REQUEST_ID_PROPERTY, id);
}

/**
 * The id of the running callback's request, `nil` without one: the header while the request's
 * headers can be read, later what a plugin left as property. A client may have sent it, so its
 * length is bounded. Valid for this callback.
 */
export function requestId(): Slice {
  let id = canReadRequestHeaders() ? requestHeaders.get(REQUEST_ID_HEADER) : null;
  if (id === null || id.isEmpty) id = getProperty(REQUEST_ID_PROPERTY);
  return id === null || id.isEmpty ? NIL : id.sub(0, 128);
}
