import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { pathWithModel } from "../path";
import { ChatRequest } from "./chat-request";
import { hashRecord } from "./key-hash";
import { parametersOf, toolsOf } from "./parameters";

/** What separates answers. The order is that of the names in `config/partition.ts`. */
export const enum PartitionKind {
  Route,
  Consumer,
  Model,
  System,
  History,
  Params,
  Tools,
  Stream,
  Header,
  /** Comes with `Model`: the path, where that is what names the model. */
  Path,
}

const ONE: Slice = Slice.of(StaticArray.fromArray<u8>([0x31]));

/** One entry of `cacheKeyPartition`. */
@final
export class PartitionField {
  constructor(
    readonly kind: PartitionKind,
    /** Name of its record. */
    readonly name: Slice,
    /** For `Consumer` and `Header`. */
    readonly header: Slice,
  ) {}

  get isHeader(): bool {
    return this.kind == PartitionKind.Consumer || this.kind == PartitionKind.Header;
  }

  /** Known while the headers are loaded, and only then. */
  get isCaptured(): bool {
    return this.isHeader || this.kind == PartitionKind.Path;
  }
}

/** `cacheKeyPartition`: what two requests must have in common to share an answer. */
@final
export class Partition {
  readonly fields: PartitionField[] = [];

  /** False: the field is there already. */
  add(field: PartitionField): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].name.equals(field.name)) return false;
    }
    this.fields.push(field);
    return true;
  }

  has(kind: PartitionKind): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].kind == kind) return true;
    }
    return false;
  }

  /**
   * The values that headers say, by field; to be asked for while the headers are loaded. Of a header that
   * stands there twice all count: the first may be the client's own, before what authentication adds.
   */
  captureHeaders(): Slice[] {
    const values: Slice[] = [];
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      let value: Slice | null = null;
      if (field.isHeader) value = requestHeaders.joined(field.header);
      else if (field.kind == PartitionKind.Path) value = pathWithModel();
      values.push(value === null || value.isEmpty ? NO_BYTES : value.copy());
    }
    return values;
  }

  /** The value of each field; no bytes: the request has none. */
  valuesOf(request: ChatRequest, headers: Slice[], keyIsLastTurn: bool): Slice[] {
    const values: Slice[] = [];
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      values.push(field.isCaptured ? headers[i] : valueOf(field.kind, request, keyIsLastTurn));
    }
    return values;
  }

  /** Hashes what is not empty; false: nothing is. */
  hash(values: Slice[]): bool {
    let isAny = false;
    for (let i = 0; i < values.length; i++) {
      if (values[i].isEmpty) continue;
      isAny = true;
      hashRecord(this.fields[i].name, values[i]);
    }
    return isAny;
  }
}

function valueOf(kind: PartitionKind, request: ChatRequest, keyIsLastTurn: bool): Slice {
  const root = request.root;
  switch (kind) {
    case PartitionKind.Route:
      return new RequestFacts().route;
    case PartitionKind.Model:
      return request.model;
    case PartitionKind.System:
      return request.system;
    case PartitionKind.History:
      return request.history(!keyIsLastTurn);
    case PartitionKind.Params:
      return root === null ? NO_BYTES : parametersOf(root);
    case PartitionKind.Tools:
      return root === null ? NO_BYTES : toolsOf(root);
    default:
      return request.wantsStream ? ONE : NO_BYTES;
  }
}
