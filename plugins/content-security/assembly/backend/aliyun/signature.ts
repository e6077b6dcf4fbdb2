import { Builder, bytes, encodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { hmacSha256, sha256 } from "@ai-gateway-wasm/crypto";
import { appendSegment } from "@ai-gateway-wasm/kit/percent";

const ALGORITHM: Slice = bytes("ACS3-HMAC-SHA256");
const LINE_FEED: u8 = 0x0a;

/** Who signs. */
@final
export class AccessKey {
  constructor(
    readonly id: Slice,
    readonly secret: Slice,
    /** Of the STS; no bytes: none. */
    readonly token: Slice = NO_BYTES,
  ) {}
}

/** Names and values in the order of their names, byte by byte: headers or parameters to sign. */
@final
export class SortedPairs {
  readonly names: Slice[] = [];
  readonly values: Slice[] = [];

  add(name: Slice, value: Slice): SortedPairs {
    let at = this.names.length;
    this.names.push(name);
    this.values.push(value);
    for (; at > 0 && this.names[at - 1].compare(name) > 0; at--) {
      this.names[at] = this.names[at - 1];
      this.values[at] = this.values[at - 1];
    }
    this.names[at] = name;
    this.values[at] = value;
    return this;
  }
}

/** The header `authorization` of a request to `/` (content-security.md 4.2). */
export function authorization(
  key: AccessKey,
  method: Slice,
  query: SortedPairs,
  headers: SortedPairs,
  payloadHash: Slice,
): Slice {
  const request = canonicalRequest(method, query, headers, payloadHash);
  const toSign = new Builder().append(ALGORITHM).appendByte(LINE_FEED).append(hexSha256(request));
  return new Builder(256)
    .append(ALGORITHM)
    .appendText(" Credential=")
    .append(key.id)
    .appendText(",SignedHeaders=")
    .append(signedNames(headers))
    .appendText(",Signature=")
    .append(encodeHex(hmacSha256(key.secret, toSign.view())))
    .view();
}

/** Method, path, query, headers, an empty line, names of the headers, hash of the body. */
export function canonicalRequest(
  method: Slice,
  query: SortedPairs,
  headers: SortedPairs,
  payloadHash: Slice,
): Slice {
  const out = new Builder(512).append(method).appendText("\n/\n").append(canonicalQuery(query));
  out.appendByte(LINE_FEED);
  for (let i = 0; i < headers.names.length; i++) {
    out.append(headers.names[i]).appendByte(0x3a).append(headers.values[i]).appendByte(LINE_FEED);
  }
  out.appendByte(LINE_FEED).append(signedNames(headers)).appendByte(LINE_FEED);
  return out.append(payloadHash).view();
}

/** `name=value` joined with `&`, as it is signed and as it is sent. */
export function canonicalQuery(query: SortedPairs): Slice {
  const out = new Builder();
  for (let i = 0; i < query.names.length; i++) {
    if (i > 0) out.appendByte(0x26);
    appendSegment(out, query.names[i]).appendByte(0x3d);
    appendSegment(out, query.values[i]);
  }
  return out.view();
}

export function hexSha256(data: Slice): Slice {
  return encodeHex(sha256(data));
}

function signedNames(headers: SortedPairs): Slice {
  const out = new Builder(128);
  for (let i = 0; i < headers.names.length; i++) {
    if (i > 0) out.appendByte(0x3b);
    out.append(headers.names[i]);
  }
  return out.view();
}
