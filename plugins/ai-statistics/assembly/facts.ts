import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { CONSUMER_HEADER, NO_LABEL, PATH } from "./names";

const AT: u8 = 0x40;

/** Who asks what, as far as the request's headers tell. Memory of its own. */
@final
export class Caller {
  readonly path: Slice;
  /** Empty: nobody said. */
  readonly consumer: Slice;
  readonly route: Slice;
  readonly cluster: Slice;
  /** Higress's name of an API, `<namespace>@<name>@<version>`, or `-`. */
  readonly api: Slice;

  /** Reads the running request, whose headers can be read. */
  constructor(path: Slice) {
    this.path = path.copy();
    this.consumer = header(CONSUMER_HEADER).copy();
    const facts = new RequestFacts();
    const route = facts.route.copy();
    const end = endOfApi(route);
    const name = end > 0 ? route.sub(0, end) : route.isEmpty ? NO_LABEL : route;
    this.route = name;
    this.api = end > 0 ? name : NO_LABEL;
    this.cluster = facts.cluster.isEmpty ? NO_LABEL : facts.cluster.copy();
  }
}

/** Path of the running request, in the callback arena. */
export function requestPath(): Slice {
  return header(PATH);
}

/** A header of the running request, empty when it has none. */
export function header(name: Slice): Slice {
  const value = requestHeaders.get(name);
  return value === null ? NO_BYTES : value;
}

/** Where the third part of a route's name ends; 0 when it has fewer. */
function endOfApi(route: Slice): i32 {
  const first = route.indexOf(AT);
  const second = first < 0 ? -1 : route.indexOf(AT, first + 1);
  if (second < 0) return 0;
  const third = route.indexOf(AT, second + 1);
  return third < 0 ? route.length : third;
}
