import type { WireRequest } from "../../../examples/demo/vectors/wire.js";
import type { Call } from "./backends.js";

/** A call as it arrives at its service. */
export function requestOf({ head, body }: Call): WireRequest {
  const pairs = head.map((line): [string, string] => {
    const end = line.indexOf(": ", 1);
    return [line.slice(0, end), line.slice(end + 2)];
  });
  const {
    ":method": method = "",
    ":path": path = "",
    ":authority": host,
    ...headers
  } = Object.fromEntries(pairs);
  return { method, path, headers: { ...headers, host }, body };
}
