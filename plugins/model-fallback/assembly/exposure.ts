import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, readHeaderName } from "@ai-gateway-wasm/kit";
import { HeaderMap, PairsBuilder } from "proxy-wasm-as";
import {
  FALLBACK_ATTEMPTS,
  FALLBACK_FROM,
  FALLBACK_REASON,
  HIGRESS_FALLBACK_FROM,
  LLM_MODEL,
  LLM_TARGET,
} from "./names";

/** Who answered, and why not the one that was meant to. */
@final
export class Served {
  /** The primary target that failed or was left out; no bytes: it served. */
  from: Slice = NO_BYTES;
  /** Why the first attempt failed; no bytes: none did. */
  reason: Slice = NO_BYTES;

  constructor(
    /** Name of the target; no bytes: nobody answered. */
    readonly target: Slice,
    /** The model it was asked for; no bytes: unknown. */
    readonly model: Slice,
    readonly attempts: i32,
  ) {}
}

/** `expose`: the response headers that tell clients what happened (model-fallback.md 4.1). */
@final
export class Exposure {
  private readonly from: Slice;
  private readonly served: Slice;
  private readonly model: Slice;
  private readonly attempts: Slice;
  private readonly reason: Slice;
  private readonly compat: Slice;
  /** All of them: what upstreams and clients say under these names is not believed. */
  readonly names: Slice[] = [];

  constructor(expose: ConfigReader) {
    this.from = readName(expose, "from", FALLBACK_FROM, FALLBACK_FROM);
    this.served = readName(expose, "served", LLM_TARGET, LLM_TARGET);
    this.model = readName(expose, "model", LLM_MODEL, LLM_MODEL);
    this.attempts = readName(expose, "attempts", FALLBACK_ATTEMPTS, FALLBACK_ATTEMPTS);
    this.reason = readName(expose, "reason", FALLBACK_REASON, FALLBACK_REASON);
    this.compat = readName(expose, "compat", NO_BYTES, HIGRESS_FALLBACK_FROM);
    const all = [this.from, this.served, this.model, this.attempts, this.reason, this.compat];
    for (let i = 0; i < all.length; i++) {
      if (!all[i].isEmpty) this.names.push(all[i]);
    }
  }

  /** Clients are told which target answered, so they may know the targets' names. */
  get namesTargets(): bool {
    return !this.served.isEmpty;
  }

  /** Removes what somebody else wrote. `load` the map before. */
  clean(map: HeaderMap): void {
    for (let i = 0; i < this.names.length; i++) map.remove(this.names[i]);
  }

  /** Writes the headers; what is not known, or switched off, is left out. */
  tell(map: HeaderMap, served: Served): void {
    this.write(served, map, null);
  }

  /** The same for an answer of our own. */
  addTo(reply: PairsBuilder, served: Served): void {
    this.write(served, null, reply);
  }

  private write(served: Served, map: HeaderMap | null, reply: PairsBuilder | null): void {
    put(map, reply, this.served, served.target);
    put(map, reply, this.model, served.model);
    put(map, reply, this.attempts, digits(served.attempts));
    put(map, reply, this.from, served.from);
    put(map, reply, this.reason, served.reason);
    put(map, reply, this.compat, served.from);
  }
}

/**
 * A name of the operator's own, `""` for none, `true` for the usual one.
 *
 * @param usual the name when it is switched on without one
 */
function readName(expose: ConfigReader, field: string, fallback: Slice, usual: Slice): Slice {
  const value = expose.find(field);
  if (value === null) return fallback;
  if (value.isBoolean) return expose.flag(field) ? usual : NO_BYTES;
  return readHeaderName(expose, field);
}

/** Into either of the two. */
function put(map: HeaderMap | null, reply: PairsBuilder | null, name: Slice, value: Slice): void {
  if (name.isEmpty || value.isEmpty) return;
  if (map !== null) map.set(name, value);
  if (reply !== null) reply.add(name, value);
}
