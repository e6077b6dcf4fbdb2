import { JsonValue, parseJson, stringOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";

const OPEN_CURLY: i32 = 0x7b;

/** What an administrator says in a query string, a form or a JSON object. */
export abstract class Parameters {
  /** The first value of that name; empty when there is none. */
  abstract text(name: Slice): Slice;

  /** The query string of a request path. @param path null: there is none */
  static ofQuery(path: Slice | null): Parameters {
    return new FormParameters(path === null ? NO_BYTES : queryOf(path));
  }

  /**
   * A body: form encoded whatever its content type, as the peer reads it.
   *
   * @param mayBeJson a body that begins with `{` is a JSON object
   */
  static ofBody(body: Slice, mayBeJson: bool): Parameters {
    if (mayBeJson && trim(body).at(0) == OPEN_CURLY) return new JsonParameters(parseJson(body));
    return new FormParameters(body);
  }
}

/**
 * `application/x-www-form-urlencoded` with the rules of Go's net/url: a pair with `;` or a broken
 * escape is passed over, the others count.
 */
@final
class FormParameters extends Parameters {
  constructor(private readonly form: Slice) {
    super();
  }

  override text(name: Slice): Slice {
    const form = this.form;
    const pair = new QueryReader(NO_BYTES, QuerySyntax.Go);
    let at = 0;
    while (at < form.length) {
      let end = form.indexOf(0x26, at);
      if (end < 0) end = form.length;
      if (pair.read(form.sub(at, end)) && pair.name.equals(name)) return pair.value;
      at = end + 1;
    }
    return NO_BYTES;
  }
}

/** A JSON object of texts and numbers. What is no such object has no parameters. */
@final
class JsonParameters extends Parameters {
  constructor(private readonly document: JsonValue | null) {
    super();
  }

  override text(name: Slice): Slice {
    const document = this.document;
    const value = document !== null ? document.get(name) : null;
    if (value === null) return NO_BYTES;
    if (value.isString) return stringOf(value);
    return value.isNumber ? value.raw : NO_BYTES;
  }
}

/** What stands between the first `?` and the fragment. */
function queryOf(path: Slice): Slice {
  const hash = path.indexOf(0x23);
  const whole = hash < 0 ? path : path.sub(0, hash);
  const mark = whole.indexOf(0x3f);
  return mark < 0 ? NO_BYTES : whole.sub(mark + 1);
}
