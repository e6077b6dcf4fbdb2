import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { Credentials } from "./credentials";
import { Authenticator, Identity } from "./identity";
import { PATH } from "./names";
import { Source } from "./sources";

/** Profile go: exactly one key, in the headers or else in the query (key-auth.md 3.1). */
@final
export class GoAuthenticator extends Authenticator {
  constructor(
    credentials: Credentials,
    /** Empty unless `in_header`. */
    headers: Source[],
    /** Empty unless `in_query`. */
    private readonly parameters: Slice[],
    /** Look at the query too when `in_header` is on and no header has a key. */
    private readonly queryFallback: bool,
    /** `X-HI-ORIGINAL-AUTH`, null unless it is trusted. */
    private readonly originalAuth: Source | null,
  ) {
    super(credentials, headers);
  }

  override identify(): Identity {
    const originalAuth = this.originalAuth;
    if (originalAuth !== null) {
      // An unknown value here is no denial by itself: ai-proxy runs later and cleans it.
      const key = this.credentials.find(originalAuth.readHeader(), originalAuth.mayHaveScheme);
      if (key !== null) return Identity.known(key);
    }
    if (this.places.length == 0) return this.identifyByQuery();
    const found = this.identifyByHeader();
    return found === Identity.NO_KEY && this.queryFallback ? this.identifyByQuery() : found;
  }

  override parameterNames(): Slice[] {
    return this.parameters;
  }

  private identifyByHeader(): Identity {
    let token = NO_BYTES;
    let hasScheme: bool = false;
    for (let i = 0; i < this.places.length; i++) {
      const value = this.places[i].readHeader();
      if (value.isEmpty) continue;
      if (!token.isEmpty) return Identity.SEVERAL_KEYS;
      token = value;
      hasScheme = this.places[i].mayHaveScheme;
    }
    return token.isEmpty ? Identity.NO_KEY : this.lookUp(token, hasScheme);
  }

  /** Every value of every named parameter counts, the empty ones too, as in the peer. */
  private identifyByQuery(): Identity {
    const path = this.parameters.length > 0 ? requestHeaders.get(PATH) : null;
    if (path === null) return Identity.NO_KEY;
    let token: Slice | null = null;
    for (let i = 0; i < this.parameters.length; i++) {
      const query = new QueryReader(path, QuerySyntax.Go);
      while (query.find(this.parameters[i])) {
        if (token !== null) return Identity.SEVERAL_KEYS;
        token = query.value;
      }
    }
    return token === null ? Identity.NO_KEY : this.lookUp(token, false);
  }

  private lookUp(token: Slice, hasScheme: bool): Identity {
    const key = this.credentials.find(token, hasScheme);
    return key === null ? Identity.unknown(token) : Identity.known(key);
  }
}
