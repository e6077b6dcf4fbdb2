import { lowerAscii, type HeaderList } from "../abi/header-list.js";

/** Words of `connection` that name no header. */
const OPTIONS = new Set(["close", "keep-alive", "upgrade", "http2-settings"]);

/**
 * Takes away what a client says to its gateway only, before filters see the request: the headers of
 * the connection, those that `connection` names, and all of `te` but `trailers`. An upgrade keeps
 * its own (Envoy 1.40, probe headers.md).
 */
export function removeHopByHop(request: HeaderList): void {
  const named = words(request.get("connection"));
  for (const name of named) {
    if (name !== "te" && !OPTIONS.has(name)) request.remove(name);
  }
  if (words(request.get("te")).includes("trailers")) request.replace("te", "trailers");
  else request.remove("te");
  request.remove("keep-alive");
  request.remove("proxy-connection");
  request.remove("transfer-encoding");
  if (named.includes("upgrade") && request.get("upgrade")) return;
  request.remove("connection");
  request.remove("upgrade");
}

function words(list = ""): string[] {
  return list
    .split(",")
    .map((word) => lowerAscii(word.trim()))
    .filter((word) => word !== "");
}
