import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, requireHeaderName } from "@ai-gateway-wasm/kit";
import { LentKey, readLentValue, readLentWeight, Validity } from "@ai-gateway-wasm/kit/lent-keys";
import { AUTHORIZATION } from "./names";

const BEARER: Slice = bytes("Bearer ");

/** A key of a model provider that is lent to requests; consumers never see it (key-auth.md 3.6). */
@final
export class ProviderKey extends LentKey {
  constructor(
    value: Slice,
    consumers: Slice[] | null,
    weight: i64,
    validity: Validity,
    /** Header that carries it, lower case. */
    readonly header: Slice,
  ) {
    super(value, consumers, weight, validity);
  }
}

/** The keys of one provider. */
@final
export class Provider {
  readonly keys: ProviderKey[] = [];

  constructor(readonly name: Slice) {}
}

/** Reads `provider_keys`. */
export function readProviders(config: ConfigReader): Provider[] {
  const providers: Provider[] = [];
  const entries = config.objects("provider_keys");
  for (let i = 0; i < entries.length && !config.errors.any; i++) {
    const name = entries[i].text("provider");
    if (name.isEmpty) entries[i].refuse("provider", "is required");
    let provider = findProvider(providers, name);
    if (provider === null) {
      provider = new Provider(name);
      providers.push(provider);
    }
    provider.keys.push(readKey(entries[i]));
  }
  return providers;
}

/** The provider of this name, or null: it has no keys. */
export function findProvider(providers: Provider[], name: Slice): Provider | null {
  for (let i = 0; i < providers.length; i++) {
    if (providers[i].name.equals(name)) return providers[i];
  }
  return null;
}

function readKey(entry: ConfigReader): ProviderKey {
  const header = requireHeaderName(entry, "header", AUTHORIZATION);
  const prefix = entry.text("value_prefix", header.equals(AUTHORIZATION) ? BEARER : NO_BYTES);
  return new ProviderKey(
    readLentValue(entry, prefix),
    entry.optionalTexts("consumers"),
    readLentWeight(entry),
    Validity.read(entry),
    header,
  );
}
