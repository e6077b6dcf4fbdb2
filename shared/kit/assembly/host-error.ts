import { decimal } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";

/**
 * What a status of a host call reads like in logs and in replies that quote it: the wording that
 * Higress's plugins inherit from their SDK (token-quota.md 4.3).
 */
export function hostError(status: Status): string {
  const name = nameOf(status);
  return name.length > 0
    ? "error status returned by host: " + name
    : "unknown status code: " + decimal(<i32>status);
}

function nameOf(status: Status): string {
  switch (status) {
    case Status.NotFound:
      return "not found";
    case Status.BadArgument:
      return "bad argument";
    case Status.Empty:
      return "empty";
    case Status.CasMismatch:
      return "cas mismatch";
    case Status.InternalFailure:
      return "internal failure";
    case Status.Unimplemented:
      return "unimplemented";
    default:
      return "";
  }
}
