import { Builder, bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import {
  chooseLentKey,
  LentKey,
  readLentValue,
  readLentWeight,
  Validity,
} from "@ai-gateway-wasm/kit/lent-keys";
import { environmentVariable, isHeaderName, isHeaderValue } from "proxy-wasm-as";
import { AUTHORIZATION } from "./names";
import { section } from "./section";

/** How a target is told who asks; the order of `TYPES`. */
export const enum AuthType {
  Bearer,
  Header,
  Query,
  /** The client's credentials are taken out, none is put in. */
  None,
  /** The client's credentials go on. */
  Keep,
}

const TYPES: string[] = ["bearer", "header", "query", "none", "keep"];
const BEARER: Slice = bytes("Bearer ");

/** The provider's keys of one target. Keys are lent to attempts; clients never see them. */
@final
export class Credential {
  constructor(
    readonly type: AuthType,
    /** Header that carries the key, lower case; no bytes for none. */
    readonly header: Slice,
    /** Parameter that carries the key; no bytes for none. */
    readonly parameter: Slice,
    /** For `query` without a prefix. */
    private readonly keys: LentKey[],
    /** Whether a key is lent depends on the consumer or the time. */
    readonly isRestricted: bool,
  ) {}

  get keepsClients(): bool {
    return this.type == AuthType.Keep;
  }

  /** The key for a request of this consumer, with its prefix; null: there is none. */
  pick(consumer: Slice): Slice | null {
    if (this.keys.length == 1 && !this.isRestricted) return this.keys[0].value;
    const key = chooseLentKey(this.keys, consumer);
    return key === null ? null : key.value;
  }

  /** False: the target has keys, and none of them is for this consumer now. */
  lendsTo(consumer: Slice): bool {
    return !this.isRestricted || this.pick(consumer) !== null;
  }

  /** Reads `auth` of a target, with the keys the target may name itself as in Higress. */
  static read(target: ConfigReader, label: string): Credential {
    const auth = section(target, "auth");
    const entries = auth.objects("providerKeys");
    const tokens = readTokens(target, auth, label);
    const hasKeys = tokens.length + entries.length > 0;
    const usual = hasKeys ? AuthType.Bearer : AuthType.None;
    const type = <AuthType>auth.choice("type", TYPES, usual);
    const isInHeader = type == AuthType.Bearer || type == AuthType.Header;
    if (!isInHeader && type != AuthType.Query) {
      return new Credential(type, NO_BYTES, NO_BYTES, [], false);
    }
    if (!hasKeys) auth.refuseWith("target " + label + ": apiTokens is required for auth");
    const prefix = isInHeader ? auth.text("prefix", BEARER) : NO_BYTES;
    const keys = keysOf(auth, label, tokens, prefix);
    for (let i = 0; i < entries.length; i++) keys.push(readKey(entries[i], prefix));
    const header = isInHeader ? readHeaderName(auth) : NO_BYTES;
    const parameter = isInHeader ? NO_BYTES : auth.text("query");
    if (!isInHeader && parameter.isEmpty) auth.refuse("query", "is required for type query");
    return new Credential(type, header, parameter, keys, entries.length > 0);
  }
}

/** An entry of `providerKeys`, as in key-auth's `provider_keys`. */
function readKey(entry: ConfigReader, prefix: Slice): LentKey {
  return new LentKey(
    readLentValue(entry, prefix),
    entry.optionalTexts("consumers"),
    readLentWeight(entry),
    Validity.read(entry),
  );
}

/** The keys as they stand there, then those that environment variables hold. */
function readTokens(target: ConfigReader, auth: ConfigReader, label: string): Slice[] {
  const owner = auth.has("apiTokens") ? auth : target;
  const tokens = owner.has("apiTokens") ? owner.texts("apiTokens") : target.texts("apiToken");
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].isEmpty) target.refuseWith("target " + label + ": empty api token");
  }
  const names = auth.texts("apiTokensFromEnv");
  for (let i = 0; i < names.length; i++) {
    const value = environmentVariable(names[i]);
    if (value === null || value.isEmpty) {
      target.refuseWith(
        "target " + label + ": api token env " + names[i].toString() + " is not set",
      );
    } else {
      tokens.push(value.copy());
    }
  }
  return tokens;
}

function readHeaderName(auth: ConfigReader): Slice {
  const header = lowerCase(auth.text("header", AUTHORIZATION)).kept();
  if (!isHeaderName(header) || header.at(0) == 0x3a) auth.refuse("header", "is not a header name");
  return header;
}

/** Keys for everybody. */
function keysOf(reader: ConfigReader, label: string, tokens: Slice[], prefix: Slice): LentKey[] {
  const keys: LentKey[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const value = new Builder().append(prefix).append(tokens[i]).toSlice();
    if (!isHeaderValue(value)) {
      reader.refuseWith("target " + label + ": an api token must not contain line breaks or NUL");
    }
    keys.push(new LentKey(value, null, 1, Validity.UNLIMITED));
  }
  return keys;
}
