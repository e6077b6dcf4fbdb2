import { bytes, NO_BYTES, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
import { NO_LABEL } from "@ai-gateway-wasm/kit/series";
import { requestHeaders, responseHeaders } from "proxy-wasm-as";
import { CONTENT_TYPE, PATH, STATUS } from "./names";

const AT: u8 = 0x40;
const JSON: Slice = bytes("json");

// What the last request had. Most have the same, and need no copy of it.
let lastPath: Slice = NO_BYTES;
let lastConsumer: Slice = NO_BYTES;
let lastRoute: Slice = NO_BYTES;
let lastCluster: Slice = NO_BYTES;

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

  /**
   * Reads the running request, whose headers can be read.
   *
   * @param consumer empty: nobody said, or nobody who can be believed
   */
  constructor(path: Slice, consumer: Slice) {
    this.path = lastPath = keep(path, lastPath);
    this.consumer = lastConsumer = keep(consumer, lastConsumer);
    const facts = new RequestFacts();
    const route = (lastRoute = keep(facts.route, lastRoute));
    const end = endOfApi(route);
    const name = end > 0 ? route.sub(0, end) : route.isEmpty ? NO_LABEL : route;
    this.route = name;
    this.api = end > 0 ? name : NO_LABEL;
    lastCluster = keep(facts.cluster, lastCluster);
    this.cluster = lastCluster.isEmpty ? NO_LABEL : lastCluster;
  }
}

/** The text in memory of its own. @param known a text that is kept already */
function keep(text: Slice, known: Slice): Slice {
  return text.equals(known) ? known : text.copy();
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

/** Status of the running request's answer, 0 when there is none. */
export function statusOfAnswer(): i32 {
  const text = responseHeaders.get(STATUS);
  const status = text === null ? NOT_AN_INTEGER : parseInteger(text);
  return status == NOT_AN_INTEGER ? 0 : <i32>status;
}

/** Content type of the running request's answer, empty when it has none. */
export function typeOfAnswer(): Slice {
  const type = responseHeaders.get(CONTENT_TYPE);
  return type === null ? NO_BYTES : type;
}

/** Where the third part of a route's name ends; 0 when it has fewer. */
function endOfApi(route: Slice): i32 {
  const first = route.indexOf(AT);
  const second = first < 0 ? -1 : route.indexOf(AT, first + 1);
  if (second < 0) return 0;
  const third = route.indexOf(AT, second + 1);
  return third < 0 ? route.length : third;
}

/** Whether a content type promises JSON; gateways and models write it in small letters. */
export function saysJson(type: Slice): bool {
  return type.find(JSON) >= 0;
}
