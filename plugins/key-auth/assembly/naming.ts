import { Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders, Status } from "proxy-wasm-as";
import { Consumer } from "./consumers";
import { CONSUMER_GROUP_HEADER, CONSUMER_HEADER } from "./names";

/** Tells the filters behind us who it is; what the client said about itself goes (D2). */
export function nameConsumer(header: Slice, consumer: Consumer | null): bool {
  // Removing first: what was never there costs no host call before the first edit.
  const grouped = put(CONSUMER_GROUP_HEADER, consumer === null ? null : consumer.group);
  // Whatever ours is called: many plugins read the usual one.
  const freed = header.equals(CONSUMER_HEADER) || put(CONSUMER_HEADER, null);
  return put(header, consumer === null ? null : consumer.name) && grouped && freed;
}

/** Nobody is named. */
export function removeNames(header: Slice): void {
  put(header, null);
  put(CONSUMER_HEADER, null);
  put(CONSUMER_GROUP_HEADER, null);
}

/**
 * True when the client named a consumer or a group that it is not.
 *
 * @param consumer null: it is nobody
 */
export function isMisnamed(header: Slice, consumer: Consumer | null): bool {
  return (
    differs(CONSUMER_GROUP_HEADER, consumer === null ? null : consumer.group) ||
    differs(header, consumer === null ? null : consumer.name) ||
    (!header.equals(CONSUMER_HEADER) && differs(CONSUMER_HEADER, null))
  );
}

function put(header: Slice, value: Slice | null): bool {
  const status = value === null ? requestHeaders.remove(header) : requestHeaders.set(header, value);
  return status == Status.Ok;
}

/** True when the request has the header, and with another value or with several. */
function differs(header: Slice, value: Slice | null): bool {
  const said = requestHeaders.get(header);
  if (said === null) return false;
  return value === null || !said.equals(value) || requestHeaders.isRepeated(header);
}
