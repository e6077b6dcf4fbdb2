import { Builder, lowerCase, Slice, trim } from "@ai-gateway-wasm/bytes";
import { findCookie, PluginLog, QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";
import { getProperty, LogLevel, requestHeaders } from "proxy-wasm-as";
import { Address, parseEndpoint } from "./address";
import { COOKIE, MODEL_HEADER, PATH, SOURCE_ADDRESS } from "./names";

const COMMA: u8 = 0x2c;
const SEMICOLON: u8 = 0x3b;

/** What a rule tells requests apart by, as one request has it. */
@final
export class Value {
  constructor(
    /** As it stands in the key of the counter; the host's memory. */
    readonly text: Slice,
    /** Null unless the rule counts addresses. */
    readonly address: Address | null = null,
  ) {}
}

/** Where a rule finds its value. The request's headers can be read. */
export abstract class ValueSource {
  constructor(
    /** As it stands in the keys of the counters. */
    readonly name: Slice,
  ) {}

  /**
   * The value, or null when the request has none: the rule does not match then.
   *
   * @param model what the request asks for; null: not known
   */
  abstract read(model: Slice | null): Value | null;
}

/** A header. An empty one has a value, a missing one has none. */
@final
export class HeaderSource extends ValueSource {
  private readonly header: Slice;

  constructor(name: Slice) {
    super(name);
    this.header = lowerCase(name);
  }

  override read(_model: Slice | null): Value | null {
    return found(requestHeaders.get(this.header));
  }
}

/**
 * A parameter of the query. The peer lets a query with one broken pair pass without any limit; here
 * the first good pair of that name counts, else a broken one as it stands
 * (token-rate-limit.md 6, no. 9).
 */
@final
export class ParamSource extends ValueSource {
  override read(_model: Slice | null): Value | null {
    const path = requestHeaders.get(PATH);
    if (path === null) return null;
    const strict = this.find(path, QuerySyntax.Go);
    return found(strict !== null ? strict : this.find(path, QuerySyntax.Envoy));
  }

  private find(path: Slice, syntax: QuerySyntax): Slice | null {
    const query = new QueryReader(path, syntax);
    return query.find(this.name) ? query.value : null;
  }
}

/** A cookie, on any line of them; an empty one is none. */
@final
export class CookieSource extends ValueSource {
  override read(_model: Slice | null): Value | null {
    const header = requestHeaders.joined(COOKIE, SEMICOLON);
    if (header === null) return null;
    const value = findCookie(header, this.name);
    return found(value === null || value.isEmpty ? null : value);
  }
}

/** The model, from the header that model-router sets or from the body. */
@final
export class ModelSource extends ValueSource {
  constructor() {
    super(MODEL_HEADER);
  }

  override read(model: Slice | null): Value | null {
    return found(model);
  }
}

/** The client's address: that of the connection, or one in a header. */
@final
export class AddressSource extends ValueSource {
  constructor(
    name: Slice,
    private readonly log: PluginLog,
    /** Of an IPv6 address so many bits are the client. */
    private readonly ipv6Prefix: i32,
    /** The address stands there, or in a list of them; null: the connection's. */
    private readonly header: Slice | null = null,
    /** How many proxies of ours wrote at the end of the list; 0: the first address counts. */
    private readonly trustedHops: i32 = 0,
  ) {
    super(name);
  }

  override read(_model: Slice | null): Value | null {
    const header = this.header;
    const found = header === null ? getProperty(SOURCE_ADDRESS) : this.list(header);
    if (found === null) return this.complain("error status returned by host: not found");
    const address = parseEndpoint(header === null ? found : pick(found, this.trustedHops));
    if (address === null) return this.complain("invalid ip[]");
    const canonical = new Builder(40);
    (address.isIpv4 ? address : address.masked(this.ipv6Prefix)).appendTo(canonical);
    return new Value(canonical.view(), address);
  }

  /** The proxies of ours write at the end of the last line; Higress reads the first one. */
  private list(header: Slice): Slice | null {
    return this.trustedHops > 0 ? requestHeaders.joined(header) : requestHeaders.get(header);
  }

  /** What a header holds may be a secret, if not the one that was meant. */
  private complain(reason: string): Value | null {
    if (this.log.wants(LogLevel.Warn)) {
      const source = " (limit_by_per_ip " + this.name.toString() + ")";
      this.log.warn("failed to get down stream ip: " + reason + source);
    }
    return null;
  }
}

/**
 * The client in a list of forwarding proxies:
 *
 *   x-forwarded-for: <anything>, <client>, <our proxy>
 *                    ↑ hops = 0  ↑ hops = 2
 *
 * With fewer members than hops, the first one; 0 is more than any list has.
 */
function pick(list: Slice, hops: i32): Slice {
  let rest = list;
  let left = hops;
  while (true) {
    const comma = rest.lastIndexOf(COMMA);
    if (comma < 0 || --left == 0) return trim(rest.sub(comma + 1));
    rest = rest.sub(0, comma);
  }
}

function found(text: Slice | null): Value | null {
  return text === null ? null : new Value(text);
}
