import { Builder, decodePercent, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

const QUESTION: u8 = 0x3f;
const SLASH: u8 = 0x2f;
const COLON: u8 = 0x3a;

/** The two parts of a URL that a request needs. */
@final
export class Url {
  constructor(
    /** Host with port, for `:authority`; no bytes when the URL has none. */
    readonly host: Slice,
    /** `/` and the percent-decoded path, then `?` and the query as it was. */
    readonly path: Slice,
  ) {}
}

/**
 * Takes a URL or a bare path apart as Higress's plugins do (host.md 5.7, Go's net/url):
 *
 *   https://user:pass@host:443/a%20b?q=1#fragment
 *                     └─ host ┘└ decoded ┘└ dropped
 *
 * @returns null for a URL that peers refuse: a control character, an escape that is none, a port
 *   that is no number, a first segment with a colon. Also for a path that would break the request
 *   line once decoded, which peers send.
 */
export function parseUrl(text: Slice): Url | null {
  if (hasControl(text)) return null;
  const hash = text.indexOf(0x23);
  if (hash >= 0 && decodePercent(text.sub(hash + 1)) === null) return null;
  const whole = hash < 0 ? text : text.sub(0, hash);
  const scheme = schemeLength(whole);
  if (scheme < 0) return null;
  const question = whole.indexOf(QUESTION, scheme);
  const query = question < 0 ? NO_BYTES : whole.sub(question + 1);
  const rest = question < 0 ? whole.sub(scheme) : whole.sub(scheme, question);
  if (hasAuthority(rest, scheme > 0)) {
    const slash = rest.indexOf(SLASH, 2);
    const host = hostOfAuthority(slash < 0 ? rest.sub(2) : rest.sub(2, slash));
    return host === null ? null : complete(host, slash < 0 ? NO_BYTES : rest.sub(slash), query);
  }
  if (rest.at(0) == SLASH) return complete(NO_BYTES, rest, query);
  // `scheme:opaque` has no path; without a scheme a colon in the first segment is ambiguous.
  if (scheme > 0) return complete(NO_BYTES, NO_BYTES, query);
  const colon = rest.indexOf(COLON);
  const slash = rest.indexOf(SLASH);
  if (colon >= 0 && (slash < 0 || colon < slash)) return null;
  return complete(NO_BYTES, rest, query);
}

/** Whether `//host` follows; without a scheme, three slashes begin a path. */
function hasAuthority(rest: Slice, hasScheme: bool): bool {
  return rest.at(0) == SLASH && rest.at(1) == SLASH && (hasScheme || rest.at(2) != SLASH);
}

/** Length of `scheme:`, 0 without one, -1 when the URL begins with the colon. */
function schemeLength(text: Slice): i32 {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (byte == COLON) return i == 0 ? -1 : i + 1;
    const isLetter = <u32>((byte | 0x20) - 0x61) < 26;
    const isMark = <u32>(byte - 0x30) < 10 || byte == 0x2b || byte == 0x2d || byte == 0x2e;
    if (!isLetter && (!isMark || i == 0)) return 0;
  }
  return 0;
}

/** The host in an authority: what follows `user:password@`; null when no host looks like this. */
export function hostOfAuthority(authority: Slice): Slice | null {
  const host = authority.sub(authority.lastIndexOf(0x40) + 1);
  const bracket = host.lastIndexOf(0x5d);
  if (host.at(0) == 0x5b && bracket < 0) return null;
  const colon = bracket >= 0 ? bracket + 1 : host.lastIndexOf(COLON);
  if (colon >= 0 && colon < host.length) {
    if (host.at(colon) != COLON) return null;
    for (let i = colon + 1; i < host.length; i++) {
      if (<u32>(host.at(i) - 0x30) > 9) return null;
    }
  }
  for (let i = 0; i < host.length; i++) {
    const byte = host.at(i);
    // Characters no host has; an escape is one that peers decode and we refuse.
    if (byte == 0x20 || byte == 0x25 || byte == 0x5c || byte == 0x5e || byte == 0x60) return null;
    if (byte == 0x7b || byte == 0x7c || byte == 0x7d) return null;
  }
  return host;
}

/** The result; null for a bad escape in the path or a control character behind one. */
function complete(host: Slice, path: Slice, query: Slice): Url | null {
  const decoded = decodePercent(path);
  if (decoded === null || hasControl(decoded)) return null;
  const text = new Builder(decoded.length + query.length + 2).appendByte(SLASH);
  text.append(decoded.at(0) == SLASH ? decoded.sub(1) : decoded);
  if (!query.isEmpty) text.appendByte(QUESTION).append(query);
  return new Url(host, text.toSlice());
}

function hasControl(text: Slice): bool {
  for (let i = 0; i < text.length; i++) {
    if (text.at(i) < 0x20 || text.at(i) == 0x7f) return true;
  }
  return false;
}
