import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
// Not by way of `kit/series`: what else is there has constants of its own.
import { appendLabel } from "@ai-gateway-wasm/kit/assembly/series/label";
import { Counter } from "proxy-wasm-as";
import { Denial } from "./replies";

const ROUTE: Slice = bytes("route.");
const BEHIND_ROUTE: Slice = bytes(".upstream.-.model.-.consumer.none.metric.auth_reject_count");
// Of the VM, for all configurations: gateways never forget a metric. Routes are the operator's, so
// they are few.
const routes: Slice[] = [];
const rejections: Counter[] = [];

/** All refusals of a route (ai-statistics.md 8.2). */
function rejectionsOf(route: Slice): Counter {
  for (let i = 0; i < routes.length; i++) {
    if (routes[i].equals(route)) return rejections[i];
  }
  const name = new Builder(128).append(ROUTE);
  appendLabel(name, route);
  const counter = new Counter(name.append(BEHIND_ROUTE).view());
  routes.push(route.copy());
  rejections.push(counter);
  return counter;
}

const NAMES: string[] = [
  "key_auth_multi_key",
  "key_auth_no_key",
  "key_auth_invalid",
  "key_auth_forbidden",
  "key_auth_expired",
  "key_auth_disabled",
  "key_auth_model_denied",
];
/** Place of each denial's name, in the order of `Denial`. */
const PLACES: StaticArray<u8> = [0, 1, 2, 3, 4, 4, 5, 6, 6, 6, 6, 3];

/** Counters by outcome; no consumer and no key in a name (key-auth.md 4.3). */
@final
export class Metrics {
  readonly ok: Counter = new Counter(bytes("key_auth_ok"));
  private readonly denials: Counter[] = [];

  constructor() {
    for (let i = 0; i < NAMES.length; i++) this.denials.push(new Counter(bytes(NAMES[i])));
  }

  countDenial(denial: Denial): void {
    this.denials[PLACES[denial]].increment();
    rejectionsOf(new RequestFacts().route).increment();
  }
}
