import {
  Builder,
  bytes,
  equalsIgnoreCase,
  Slice,
  startsWithIgnoreCase,
  trim,
} from "@ai-gateway-wasm/bytes";
import { ParameterReader } from "./parameters";

const MULTIPART: Slice = bytes("multipart/form-data");
const BOUNDARY: Slice = bytes("boundary");
const DISPOSITION: Slice = bytes("content-disposition");
const ENCODING: Slice = bytes("content-transfer-encoding");
const FORM_DATA: Slice = bytes("form-data");
const NAME: Slice = bytes("name");
const NAME_EXTENDED: Slice = bytes("name*");
const FILENAME: Slice = bytes("filename");
const CRLF: Slice = bytes("\r\n");
const BLANK_LINE: Slice = bytes("\r\n\r\n");
const DASHES: Slice = bytes("--");
const CR: i32 = 0x0d;
const LF: i32 = 0x0a;
/** More of something than clients send: what is read of each takes memory until the callback ends. */
const MOST_PARTS: i32 = 1024;
const MOST_LINES: i32 = 32;
/** Encodings that leave the content as it is. */
const IDENTITIES: string[] = ["binary", "8bit", "7bit"];

/** How often a form has a field, and its first value. */
@final
export class FormField {
  /** Null: the form has no such field, or the body is not well-formed. */
  value: Slice | null = null;
  /** More than there are values where parsers disagree about one; -1 when the body is no form. */
  count: i32 = 0;
}

/** True for `multipart/form-data`, whatever its parameters. */
export function isMultipart(contentType: Slice): bool {
  return startsWithIgnoreCase(contentType, MULTIPART);
}

/**
 * Finds a field of a multipart form (RFC 7578). Strict, so that no parser behind it can read
 * another value: lines and contents end with CRLF, header lines are not folded, there is one `boundary`, and a
 * body that does not end with the closing delimiter has no field. A part that parsers read
 * differently (a file, the extended form `name*`, an encoding, a repeated header) counts as a
 * repetition: whoever asks must refuse then.
 *
 * @param values gets all of them, in order; null: nobody wants them
 */
export function findFormField(
  body: Slice,
  contentType: Slice,
  field: Slice,
  values: Slice[] | null = null,
): FormField {
  const found = new FormField();
  const delimiter = formDelimiter(contentType);
  if (delimiter === null || !readParts(body, delimiter, field, found, values)) {
    found.value = null;
    found.count = -1;
  }
  return found;
}

/** Reads the parts up to the closing delimiter; false when the body is not well-formed. */
function readParts(
  body: Slice,
  delimiter: Slice,
  field: Slice,
  found: FormField,
  values: Slice[] | null,
): bool {
  if (!body.startsWith(delimiter.sub(2))) return false;
  let at = delimiter.length - 2;
  let parts = 0;
  while (true) {
    const rest = body.sub(at);
    if (rest.startsWith(DASHES)) return true;
    const end = rest.startsWith(CRLF) ? findDelimiter(body, delimiter, at) : -1;
    if (end < 0 || ++parts > MOST_PARTS) return false;
    if (!readPart(body.sub(at, end), field, found, values)) return false;
    at = end + delimiter.length;
  }
}

/**
 * Where the next delimiter begins. -1: there is none; -2: one stands behind a CR or LF alone, where
 * only some parsers split.
 */
export function findDelimiter(text: Slice, delimiter: Slice, from: i32 = 0): i32 {
  const dashed = delimiter.sub(CRLF.length);
  let at = text.find(dashed, from);
  while (at >= 0) {
    const last = text.at(at - 1);
    if (last == LF && text.at(at - 2) == CR) return at - 2;
    if (last == LF || last == CR) return -2;
    at = text.find(dashed, at + 1);
  }
  return at;
}

/** What stands between the parts of a form: CRLF, dashes, boundary. Null: the type has not one boundary. */
export function formDelimiter(contentType: Slice): Slice | null {
  const boundary = boundaryOf(contentType);
  if (boundary === null) return null;
  return new Builder().append(CRLF).append(DASHES).append(boundary).toSlice();
}

/** The one `boundary`, or null. `boundary*` could be read as another one, so no `*` is allowed. */
function boundaryOf(contentType: Slice): Slice | null {
  if (contentType.indexOf(0x2a) >= 0) return null;
  const parameters = new ParameterReader(contentType);
  let found: Slice | null = null;
  while (parameters.next()) {
    if (!equalsIgnoreCase(parameters.name, BOUNDARY)) continue;
    if (found !== null || parameters.isEscaped) return null;
    found = parameters.value;
  }
  if (found === null || parameters.isBroken) return null;
  return found.isEmpty || found.length > 70 ? null : found;
}

/** @param part CRLF, headers, a blank line, content. @returns false when it is none */
function readPart(part: Slice, field: Slice, found: FormField, values: Slice[] | null): bool {
  const split = part.find(BLANK_LINE);
  if (split < 0) return false;
  const headers = new PartHead();
  if (!headers.readAll(part, split, field)) return false;
  if (!headers.isNamed) return true;
  found.count += headers.isDoubtful ? 2 : 1;
  if (values !== null) values.push(part.sub(split + 4));
  if (found.value === null) found.value = part.sub(split + 4);
  return true;
}

/** What the header lines of one part say about the field. */
@final
export class PartHead {
  /** The part is the field, for at least one parser. */
  isNamed: bool = false;
  /** Parsers disagree about the name or the content. */
  isDoubtful: bool = false;
  private hasDisposition: bool = false;

  /**
   * Reads all lines; false when one is no header line, or there are too many.
   *
   * @param part begins with the line break before them
   * @param split where the blank line behind them begins
   */
  readAll(part: Slice, split: i32, field: Slice): bool {
    let at = 2;
    let lines = 0;
    while (at < split) {
      let end = part.find(CRLF, at);
      if (end > split) end = split;
      if (++lines > MOST_LINES || !this.read(part.sub(at, end), field)) return false;
      at = end + 2;
    }
    return true;
  }

  private read(line: Slice, field: Slice): bool {
    const colon = line.indexOf(0x3a);
    if (colon <= 0 || !isOneLine(line) || line.at(colon - 1) <= 0x20) return false;
    const name = line.sub(0, colon);
    const value = line.sub(colon + 1);
    if (equalsIgnoreCase(name, DISPOSITION)) return this.readDisposition(value, field);
    if (equalsIgnoreCase(name, ENCODING) && !isIdentity(trim(value))) this.isDoubtful = true;
    return true;
  }

  private readDisposition(value: Slice, field: Slice): bool {
    if (this.hasDisposition) {
      this.isNamed = true; // by one of them, for all we know
      this.isDoubtful = true;
      return true;
    }
    this.hasDisposition = true;
    const parameters = new ParameterReader(value);
    if (!equalsIgnoreCase(parameters.type, FORM_DATA)) this.isDoubtful = true;
    let names = 0;
    while (parameters.next()) {
      const name = parameters.name;
      if (startsWithIgnoreCase(name, FILENAME)) {
        this.isDoubtful = true;
      } else if (equalsIgnoreCase(name, NAME) && !parameters.isEscaped) {
        if (parameters.value.equals(field)) this.isNamed = true;
        if (++names > 1) this.isDoubtful = true;
      } else if (equalsIgnoreCase(name, NAME) || startsWithIgnoreCase(name, NAME_EXTENDED)) {
        this.isNamed = true;
        this.isDoubtful = true;
      }
    }
    return !parameters.isBroken;
  }
}

/** False for a folded line, and for one that another parser would split. */
function isOneLine(line: Slice): bool {
  if (line.at(0) <= 0x20) return false;
  return line.indexOf(0x0a) < 0 && line.indexOf(0x0d) < 0 && line.indexOf(0) < 0;
}

function isIdentity(encoding: Slice): bool {
  for (let i = 0; i < IDENTITIES.length; i++) {
    if (equalsIgnoreCase(encoding, bytes(IDENTITIES[i]))) return true;
  }
  return false;
}
