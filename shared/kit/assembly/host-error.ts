import { decimal } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";

/**
 * What a status of a host call reads like in logs and in replies that quote it: the wording that
 * Higress's plugins inherit from their SDK (token-quota.md 4.3).
 */
export function hostError(status: Status): string {
  switch (status) {
    case Status.NotFound:
      return "error status returned by host: not found";
    case Status.BadArgument:
      return "error status returned by host: bad argument";
    case Status.Empty:
      return "error status returned by host: empty";
    case Status.CasMismatch:
      return "error status returned by host: cas mismatch";
    case Status.InternalFailure:
      return "error status returned by host: internal failure";
    case Status.Unimplemented:
      return "error status returned by host: unimplemented";
    default:
      return "unknown status code: " + decimal(<i32>status);
  }
}
