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
import { Header } from "./header";

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
    tellOne(map, this.served, served.target);
    tellOne(map, this.model, served.model);
    tellOne(map, this.attempts, digits(served.attempts));
    tellOne(map, this.from, served.from);
    tellOne(map, this.reason, served.reason);
    tellOne(map, this.compat, served.from);
  }

  /** The same for an answer of our own. */
  addTo(reply: PairsBuilder, served: Served): void {
    const headers = this.headersOf(served);
    for (let i = 0; i < headers.length; i++) reply.add(headers[i].name, headers[i].value);
  }

  private headersOf(served: Served): Header[] {
    const list: Header[] = [];
    note(list, this.served, served.target);
    note(list, this.model, served.model);
    note(list, this.attempts, digits(served.attempts));
    note(list, this.from, served.from);
    note(list, this.reason, served.reason);
    note(list, this.compat, served.from);
    return list;
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

/** What is not known, or switched off, is left out. */
function tellOne(map: HeaderMap, name: Slice, value: Slice): void {
  if (!name.isEmpty && !value.isEmpty) map.set(name, value);
}

function note(list: Header[], name: Slice, value: Slice): void {
  if (!name.isEmpty && !value.isEmpty) list.push(new Header(name, value));
}
