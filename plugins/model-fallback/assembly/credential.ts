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
    if (auth === null)
      return build(target, label, fallback, AUTHORIZATION, BEARER, NO_BYTES, tokens);
    const type = <AuthType>auth.choice("type", TYPES, fallback);
    const header = lowerCase(auth.text("header", AUTHORIZATION)).kept();
    const prefix = auth.text("prefix", BEARER);
    return build(auth, label, type, header, prefix, auth.text("query"), tokens);
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

function build(
  reader: ConfigReader,
  label: string,
  type: AuthType,
  header: Slice,
  prefix: Slice,
  parameter: Slice,
  tokens: Slice[],
): Credential {
  const usesHeader = type == AuthType.Bearer || type == AuthType.Header;
  const usesQuery = type == AuthType.Query;
  if (usesHeader && (!isHeaderName(header) || header.at(0) == 0x3a)) {
    reader.refuse("header", "is not a header name");
  }
  if (usesQuery && parameter.isEmpty) reader.refuse("query", "is required for type query");
  if ((usesHeader || usesQuery) && tokens.length == 0) {
    reader.refuseWith("target " + label + ": apiTokens is required for auth");
  }
  const values: Slice[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    const value = usesHeader ? new Builder().append(prefix).append(token).toSlice() : token;
    if (!isHeaderValue(value)) {
      reader.refuseWith("target " + label + ": an api token must not contain line breaks or NUL");
    }
    values.push(value);
  }
  return new Credential(
    type,
    usesHeader ? header : NO_BYTES,
    usesQuery ? parameter : NO_BYTES,
    usesHeader || usesQuery ? values : [],
  );
}
