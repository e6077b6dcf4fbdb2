import type { HeaderPair } from "../types.js";

/**
 * Headers Envoy keeps in a slot of their own ("inline" headers): a second value is joined to the
 * first with a comma, and a replaced one keeps its place. List of Envoy 1.40's `headers.h`.
 */
const SINGLE = new Set(
  `:authority :method :path :protocol :scheme :status connection content-length content-type date
  expect grpc-message grpc-status grpc-timeout keep-alive max-forwards proxy-connection
  proxy-status server te transfer-encoding upgrade user-agent via x-client-trace-id
  x-envoy-attempt-count x-envoy-decorator-operation x-envoy-degraded
  x-envoy-downstream-service-cluster x-envoy-downstream-service-node
  x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-force-trace
  x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-ip-tags x-envoy-is-timeout-retry
  x-envoy-max-retries x-envoy-original-path x-envoy-original-url x-envoy-ratelimited
  x-envoy-retriable-header-names x-envoy-retriable-status-codes x-envoy-retry-grpc-on
  x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-canary
  x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response
  x-envoy-upstream-rq-timeout-ms x-envoy-upstream-service-time x-envoy-upstream-stream-duration-ms
  x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto
  x-request-id accept accept-encoding authorization cache-control content-encoding etag origin
  pragma vary access-control-request-headers access-control-request-method
  access-control-allow-origin access-control-allow-headers access-control-allow-methods
  access-control-expose-headers access-control-max-age access-control-allow-credentials`.split(
    /\s+/,
  ),
);

/** Lower-cases ASCII only, as the host does; other bytes stay. */
export function lowerAscii(text: string): string {
  return /[A-Z]/.test(text)
    ? text.replace(/[A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) | 32))
    : text;
}

/** Pseudo headers, and the characters of a token (RFC 9110 5.6.2). */
const LEGAL_NAME = /^:?[\w!#$%&'*+.^`|~-]+$/;
/** Control characters but the tab. */
// eslint-disable-next-line no-control-regex
const ILLEGAL_VALUE = /[\0-\x08\n-\x1f\x7f]/;

/**
 * Ordered header map with Envoy's rules. Names are lower case, values binary text. In a map of
 * request headers `host` is another name of `:authority` (Envoy 1.40, probe headers.md).
 */
export class HeaderList {
  pairs: HeaderPair[] = [];

  constructor(
    pairs?: Iterable<readonly [string, string]>,
    private readonly request = false,
  ) {
    if (pairs) for (const [name, value] of pairs) this.add(name, value);
  }

  /** Lower case, and the name a value is kept under. */
  private nameOf(name: string): string {
    const lower = lowerAscii(name);
    return this.request && lower === "host" ? ":authority" : lower;
  }

  get length(): number {
    return this.pairs.length;
  }

  /** First value, or undefined. */
  get(name: string): string | undefined {
    if (this.request && name === "host") name = ":authority";
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return undefined;
  }

  getAll(name: string): string[] {
    return this.pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  add(name: string, value: string): void {
    name = this.nameOf(name);
    if (SINGLE.has(name)) {
      const found = this.pairs.find((pair) => pair[0] === name);
      if (found) {
        if (value !== "") found[1] = found[1] === "" ? value : `${found[1]},${value}`;
        return;
      }
    }
    this.insert(name, value);
  }

  private insert(name: string, value: string): void {
    if (!name.startsWith(":")) {
      this.pairs.push([name, value]);
      return;
    }
    let at = 0;
    while (at < this.pairs.length && this.pairs[at]![0].startsWith(":")) at++;
    this.pairs.splice(at, 0, [name, value]);
  }

  replace(name: string, value: string): void {
    name = this.nameOf(name);
    if (SINGLE.has(name)) {
      const found = this.pairs.find((pair) => pair[0] === name);
      if (found) {
        found[1] = value;
        return;
      }
    }
    this.remove(name);
    this.insert(name, value);
  }

  /** As a plugin replaces: only pseudo headers keep their place (Envoy 1.40, probe-wire.test.ts). */
  set(name: string, value: string): void {
    name = this.nameOf(name);
    if (name.startsWith(":")) return this.replace(name, value);
    this.remove(name);
    this.insert(name, value);
  }

  remove(name: string): void {
    name = this.nameOf(name);
    if (this.has(name)) this.pairs = this.pairs.filter((pair) => pair[0] !== name);
  }

  removeFirst(name: string): void {
    const at = this.pairs.findIndex((pair) => pair[0] === name);
    if (at >= 0) this.pairs.splice(at, 1);
  }

  /** What the codec of an upstream says about the first header it does not write (harness.md 6.14). */
  get complaint(): string | undefined {
    for (const [name, value] of this.pairs) {
      if (!LEGAL_NAME.test(name))
        return `invalid header name: ${JSON.stringify(name).slice(1, -1)}`;
      if (ILLEGAL_VALUE.test(value)) return `invalid header value for: ${name}`;
    }
    return undefined;
  }

  /** Sum of the lengths of names and values. */
  get byteSize(): number {
    let size = 0;
    for (const [name, value] of this.pairs) size += name.length + value.length;
    return size;
  }

  clone(): HeaderList {
    const copy = new HeaderList(undefined, this.request);
    copy.pairs = this.pairs.map(([name, value]) => [name, value]);
    return copy;
  }
}
