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
 * another value: lines end with CRLF, header lines are not folded, there is one `boundary`, and a
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
  const none = new FormField();
  none.count = -1;
  const boundary = boundaryOf(contentType);
  if (boundary === null) return none;
  const delimiter = delimiterOf(boundary);
  if (!body.startsWith(delimiter.sub(2))) return none;
  const found = new FormField();
  let at = delimiter.length - 2;
  while (true) {
    const rest = body.sub(at);
    if (rest.startsWith(DASHES)) return found;
    const end = rest.startsWith(CRLF) ? body.find(delimiter, at) : -1;
    if (end < 0 || !readPart(body.sub(at, end), field, found, values)) return none;
    at = end + delimiter.length;
  }
}

/** What stands between the parts of a form: CRLF, dashes, boundary. Null: the type has not one boundary. */
export function formDelimiter(contentType: Slice): Slice | null {
  const boundary = boundaryOf(contentType);
  return boundary === null ? null : delimiterOf(boundary);
}

function delimiterOf(boundary: Slice): Slice {
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
  found.count += headers.isDoubtful || headers.dispositions > 1 ? 2 : 1;
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
  dispositions: i32 = 0;

  /**
   * Reads all lines; false when one is no header line.
   *
   * @param part begins with the line break before them
   * @param split where the blank line behind them begins
   */
  readAll(part: Slice, split: i32, field: Slice): bool {
    let at = 2;
    while (at < split) {
      let end = part.find(CRLF, at);
      if (end > split) end = split;
      if (!this.read(part.sub(at, end), field)) return false;
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
    this.dispositions++;
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
