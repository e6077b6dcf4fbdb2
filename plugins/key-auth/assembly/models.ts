import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, matchesAny } from "@ai-gateway-wasm/kit";

/** Which models one scope (global, consumer, key or rule) allows and denies. Null: says nothing. */
@final
export class ModelLists {
  constructor(
    readonly allow: Slice[] | null,
    readonly deny: Slice[] | null,
  ) {}

  /** Reads `allow_models` and `deny_models`; null when the scope has neither. */
  static read(config: ConfigReader): ModelLists | null {
    const allow = config.optionalTexts("allow_models");
    const deny = config.optionalTexts("deny_models");
    return allow === null && deny === null ? null : new ModelLists(allow, deny);
  }

  denies(model: Slice): bool {
    const deny = this.deny;
    return deny !== null && matchesAny(deny, model);
  }

  /** True also when the scope has no list of allowed models. */
  allows(model: Slice): bool {
    const allow = this.allow;
    return allow === null || matchesAny(allow, model);
  }
}

/**
 * The lists that hold for one request (key-auth.md 3.5): a denied model is denied at any level,
 * and every list of allowed models must contain it. A consumer's or rule's own list of allowed
 * models takes the place of the global one.
 */
@final
export class ModelPolicy {
  constructor(
    private readonly global: ModelLists | null,
    private readonly rule: ModelLists | null,
    private readonly consumer: ModelLists | null,
    private readonly key: ModelLists | null,
  ) {}

  permits(model: Slice): bool {
    const global = this.global;
    if (global !== null) {
      const replaced = hasAllow(this.consumer) || hasAllow(this.rule);
      if (global.denies(model) || (!replaced && !global.allows(model))) return false;
    }
    return (
      permitsOne(this.rule, model) &&
      permitsOne(this.consumer, model) &&
      permitsOne(this.key, model)
    );
  }
}

function permitsOne(lists: ModelLists | null, model: Slice): bool {
  return lists === null || (!lists.denies(model) && lists.allows(model));
}

function hasAllow(lists: ModelLists | null): bool {
  return lists !== null && lists.allow !== null;
}
