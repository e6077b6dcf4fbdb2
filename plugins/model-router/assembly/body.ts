import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isEncoded, isJson, isMultipart, isUnreadable } from "@ai-gateway-wasm/kit";
import {
  FormModelSearch,
  JsonModelSearch,
  ModelField,
  ModelKey,
  ModelSearch,
  Progress,
  readFormModel,
  readJsonModel,
} from "@ai-gateway-wasm/llm/model";
import { requestBody, requestHeaders, Status } from "proxy-wasm-as";
import { CONTENT_LENGTH, CONTENT_TYPE, JSON_TYPE } from "./names";

const enum BodyKind {
  /** What the peer answers hosts, and tests of plugins: it is held, and let go unread. */
  Untyped,
  Json,
  Form,
}

/** The body of one request, whose headers are held: where it names its model. */
@final
export class ModelBody {
  /** Null: the body is read when it is complete. */
  private search: ModelSearch | null = null;
  /** Only the beginning of the body was read. */
  private isPart: bool = false;

  constructor(
    private readonly key: ModelKey,
    private readonly kind: BodyKind,
    /** Of a form, because it has the boundary. */
    private readonly contentType: Slice,
    private readonly hasLength: bool,
  ) {}

  /** What the request's headers promise; null: nothing that can be read. */
  static announced(key: ModelKey, readsForms: bool, isEarly: bool): ModelBody | null {
    const type = requestHeaders.get(CONTENT_TYPE);
    const isPlain = type !== null && type.equals(JSON_TYPE); // as nearly all are
    if (isPlain ? isEncoded(requestHeaders) : isUnreadable(requestHeaders)) return null;
    const hasLength = requestHeaders.get(CONTENT_LENGTH) !== null;
    if (type === null) return new ModelBody(key, BodyKind.Untyped, NO_BYTES, hasLength);
    if (isPlain || isJson(type)) {
      const body = new ModelBody(key, BodyKind.Json, NO_BYTES, hasLength);
      if (isEarly) body.search = new JsonModelSearch(key);
      return body;
    }
    if (!readsForms || !isMultipart(type)) return null;
    const form = new ModelBody(key, BodyKind.Form, type.copy(), hasLength);
    if (isEarly) form.search = new FormModelSearch(form.contentType, key.name);
    return form;
  }

  get isUntyped(): bool {
    return this.kind == BodyKind.Untyped;
  }

  get isForm(): bool {
    return this.kind == BodyKind.Form;
  }

  /** Reads what has come so far. Null: it does not tell yet, or only all of it will. */
  readEarly(): ModelField | null {
    const search = this.search;
    if (search === null) return null;
    const from = search.offset;
    const piece = requestBody.read(from, i32.MAX_VALUE);
    if (piece === null || piece.isEmpty) return null;
    const progress = search.feed(piece);
    if (progress == Progress.Lost) this.search = null;
    if (progress != Progress.Found) return null;
    this.search = null;
    const start = from == 0 ? piece.sub(0, search.end) : requestBody.read(0, search.end);
    if (start === null) return null;
    this.isPart = true;
    return search.field(start);
  }

  /** Reads the complete body; null: there is none, or nobody says what it is. */
  read(): ModelField | null {
    this.isPart = false;
    if (this.isUntyped) return null;
    const body = requestBody.readAll();
    if (body === null) return null;
    return this.isForm
      ? readFormModel(body, this.contentType, this.key)
      : readJsonModel(body, this.key);
  }

  /** Writes `start` in place of everything up to the end of the model that was read last. */
  write(field: ModelField, start: Slice): void {
    if (requestBody.replaceStart(field.end, start) != Status.Ok) return;
    const change = start.length - field.end;
    if (change == 0 || !this.hasLength) return;
    // What is still to come is not known: the request goes on in chunks.
    if (this.isPart) requestHeaders.remove(CONTENT_LENGTH);
    else requestHeaders.set(CONTENT_LENGTH, digits(field.body.length + change));
  }
}
