import { Builder, bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { environmentVariable, isHeaderName, isHeaderValue, randomU64 } from "proxy-wasm-as";
import { AUTHORIZATION } from "./names";
import { findSection } from "./section";

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
    /** Prefix and key, or for `query` the key alone. */
    private readonly values: Slice[],
  ) {}

  get keepsClients(): bool {
    return this.type == AuthType.Keep;
  }

  /** One of the keys at random, with its prefix; null: there are none. */
  pick(): Slice | null {
    const count = this.values.length;
    if (count == 0) return null;
    return this.values[count == 1 ? 0 : <i32>(randomU64() % <u64>count)];
  }

  /** Reads `auth` of a target, with the keys the target may name itself as in Higress. */
  static read(target: ConfigReader, label: string): Credential {
    const auth = findSection(target, "auth");
    const tokens = readTokens(target, auth, label);
    const fallback = tokens.length == 0 ? AuthType.None : AuthType.Bearer;
    if (auth === null) {
      const values = valuesOf(target, label, tokens, BEARER);
      return new Credential(fallback, AUTHORIZATION, NO_BYTES, values);
    }
    const type = <AuthType>auth.choice("type", TYPES, fallback);
    const isInHeader = type == AuthType.Bearer || type == AuthType.Header;
    if (!isInHeader && type != AuthType.Query) return new Credential(type, NO_BYTES, NO_BYTES, []);
    if (tokens.length == 0) auth.refuseWith("target " + label + ": apiTokens is required for auth");
    const prefix = isInHeader ? auth.text("prefix", BEARER) : NO_BYTES;
    const values = valuesOf(auth, label, tokens, prefix);
    const header = isInHeader ? readHeaderName(auth) : NO_BYTES;
    const parameter = isInHeader ? NO_BYTES : auth.text("query");
    if (!isInHeader && parameter.isEmpty) auth.refuse("query", "is required for type query");
    return new Credential(type, header, parameter, values);
  }
}

/** The keys as they stand there, then those that environment variables hold. */
function readTokens(target: ConfigReader, auth: ConfigReader | null, label: string): Slice[] {
  const owner = auth !== null && auth.has("apiTokens") ? auth : target;
  const tokens = owner.has("apiTokens") ? owner.texts("apiTokens") : target.texts("apiToken");
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].isEmpty) target.refuseWith("target " + label + ": empty api token");
  }
  if (auth === null) return tokens;
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

/** What is sent for each key. */
function valuesOf(reader: ConfigReader, label: string, tokens: Slice[], prefix: Slice): Slice[] {
  const values: Slice[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const value = new Builder().append(prefix).append(tokens[i]).toSlice();
    if (!isHeaderValue(value)) {
      reader.refuseWith("target " + label + ": an api token must not contain line breaks or NUL");
    }
    values.push(value);
  }
  return values;
}
