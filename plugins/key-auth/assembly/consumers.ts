import { Slice } from "@ai-gateway-wasm/bytes";
import { ModelLists } from "./models";
import { Source } from "./sources";
import { Validity } from "./validity";

/** One entry of `consumers`: who may come in. */
@final
export class Consumer {
  group: Slice | null = null;
  models: ModelLists | null = null;
  validity: Validity = Validity.UNLIMITED;
  /**
   * Where this consumer's own keys may stand, in order; null: wherever the global key names say.
   * Only in profile cpp.
   */
  ownSources: Source[] | null = null;

  constructor(
    readonly name: Slice,
    /** Position in the configuration. */
    readonly index: i32,
  ) {}
}

/** One credential of a consumer. */
@final
export class ApiKey {
  models: ModelLists | null = null;
  validity: Validity = Validity.UNLIMITED;

  constructor(
    readonly consumer: Consumer | null,
    /** Label for logs and properties, never the key: configured, or 8 digits of its digest. */
    readonly id: Slice,
  ) {}
}
