import { Builder, bytes, equalsIgnoreCase, Slice, startsWithIgnoreCase, trim } from "@ai-gateway-wasm/bytes";

const MULTIPART: Slice = bytes("multipart/form-data");
const BOUNDARY: Slice = bytes("boundary");
const DISPOSITION: Slice = bytes("content-disposition");
const NAME: Slice = bytes("name");
const CRLF: Slice = bytes("\r\n");
const BLANK_LINE: Slice = bytes("\r\n\r\n");
const DASHES: Slice = bytes("--");

/** How often a form has a field, and its first value. */
@final
export class FormField {
  /** Null: the form has no such field, or the body is not well-formed. */
  value: Slice | null = null;
  count: i32 = 0;
}

/** True for `multipart/form-data`, whatever its parameters. */
export function isMultipart(contentType: Slice): bool {
  return startsWithIgnoreCase(contentType, MULTIPART);
}

/**
 * Finds a field of a multipart form (RFC 7578). Strict, so that no parser behind it can read
 * another value: lines end with CRLF, one `boundary`, and a body that does not end with the closing
 * delimiter has no field. A part that is a file, or is named in the extended form (`name*`), counts
 * as a repetition: whoever asks must refuse then.
 */
export function findFormField(body: Slice, contentType: Slice, field: Slice): FormField {
  const none = new FormField();
  const boundary = parameter(contentType, BOUNDARY);
  if (boundary === null || boundary.isEmpty || boundary.length > 70) return none;
  const delimiter = new Builder().append(CRLF).append(DASHES).append(boundary).toSlice();
  if (!body.startsWith(delimiter.sub(2))) return none;
  const found = new FormField();
  let at = delimiter.length - 2;
  while (true) {
    const rest = body.sub(at);
    if (rest.startsWith(DASHES)) return found;
    if (!rest.startsWith(CRLF)) return none;
    const end = body.find(delimiter, at);
    if (end < 0) return none;
    readPart(body.sub(at, end), field, found);
    at = end + delimiter.length;
  }
}

/** @param part CRLF, headers, a blank line, content */
function readPart(part: Slice, field: Slice, found: FormField): void {
  const split = part.find(BLANK_LINE);
  if (split < 0) return;
  let at = 2;
  while (at < split) {
    let end = part.find(CRLF, at);
    if (end < 0 || end > split) end = split;
    readHeader(part.sub(at, end), part.sub(split + 4), field, found);
    at = end + 2;
  }
}

function readHeader(line: Slice, content: Slice, field: Slice, found: FormField): void {
  const colon = line.indexOf(0x3a);
  if (colon < 0 || !equalsIgnoreCase(trim(line.sub(0, colon)), DISPOSITION)) return;
  const value = line.sub(colon + 1);
  const name = parameter(value, NAME);
  const isPlain = value.indexOf(0x2a) < 0;
  if (name === null ? isPlain : !name.equals(field) && isPlain) return;
  const isFile = value.find(bytes("filename")) >= 0;
  found.count += isPlain && !isFile ? 1 : 2;
  if (found.value === null) found.value = content;
}

/**
 * A parameter of a header value, `; name=token` or `; name="quoted"`. Null when it is missing,
 * repeated or not closed.
 */
function parameter(header: Slice, name: Slice): Slice | null {
  let found: Slice | null = null;
  let at = header.indexOf(0x3b);
  while (at >= 0) {
    const equals = header.indexOf(0x3d, at);
    if (equals < 0) return found;
    const isWanted = equalsIgnoreCase(trim(header.sub(at + 1, equals)), name);
    let end: i32;
    let value: Slice;
    if (header.at(equals + 1) == 0x22) {
      const close = closingQuote(header, equals + 2);
      if (close < 0) return null;
      value = unquote(header.sub(equals + 2, close));
      end = header.indexOf(0x3b, close);
    } else {
      end = header.indexOf(0x3b, equals);
      value = trim(header.sub(equals + 1, end < 0 ? header.length : end));
    }
    if (isWanted) {
      if (found !== null) return null;
      found = value;
    }
    at = end;
  }
  return found;
}

function closingQuote(text: Slice, from: i32): i32 {
  for (let i = from; i < text.length; i++) {
    if (text.at(i) == 0x5c) i++;
    else if (text.at(i) == 0x22) return i;
  }
  return -1;
}

function unquote(text: Slice): Slice {
  if (text.indexOf(0x5c) < 0) return text;
  const out = new Builder(text.length);
  for (let i = 0; i < text.length; i++) {
    if (text.at(i) == 0x5c && i + 1 < text.length) i++;
    out.appendByte(<u8>text.at(i));
  }
  return out.toSlice();
}
