import { JsonValue, KeyPath, textOf } from "@ai-gateway-wasm/as-json";
import { BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { RequestValues, ValueType } from "@ai-gateway-wasm/conditions";
import { requestHeaders } from "proxy-wasm-as";

/** What conditions and sticky sources see of one request, whose headers can be read. */
@final
export class SplitRequest extends RequestValues {
  constructor(
    /** As the client named it, or as auto routing chose it. */
    readonly model: Slice,
    /** The value of the header that forces a variant; null: there is none. */
    readonly forced: Slice | null,
    /** Null: the body is a form. */
    private readonly document: JsonValue | null,
    private readonly consumerHeader: Slice,
    /** Compiled, by their text. */
    private readonly paths: BytesTable<KeyPath>,
  ) {
    super();
  }

  override find(type: ValueType, key: Slice): Slice | null {
    switch (type) {
      case ValueType.Model:
        return this.model;
      case ValueType.Consumer:
        return requestHeaders.get(this.consumerHeader);
      case ValueType.Body:
        return this.inBody(key);
      default:
        return super.find(type, key);
    }
  }

  private inBody(key: Slice): Slice | null {
    const path = this.paths.find(key);
    if (path === null) return null;
    const value = path.read(this.document);
    return value === null ? null : textOf(value);
  }
}
