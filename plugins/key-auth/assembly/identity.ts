import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ApiKey } from "./consumers";
import { Credentials } from "./credentials";
import { Source } from "./sources";

/** What a search for keys in a request came to. */
export const enum Finding {
  NoKey,
  SeveralKeys,
  UnknownKey,
  Known,
}

/** Who sent the request, as far as its keys tell. */
@final
export class Identity {
  constructor(
    readonly finding: Finding,
    /** The key that was found; null unless `finding` is Known. */
    readonly key: ApiKey | null,
    /** What was sent instead of a known key, for its fingerprint; valid during the callback. */
    readonly token: Slice,
  ) {}

  static readonly NO_KEY: Identity = new Identity(Finding.NoKey, null, NO_BYTES);
  static readonly SEVERAL_KEYS: Identity = new Identity(Finding.SeveralKeys, null, NO_BYTES);

  static known(key: ApiKey): Identity {
    return new Identity(Finding.Known, key, NO_BYTES);
  }

  static unknown(token: Slice): Identity {
    return new Identity(Finding.UnknownKey, null, token);
  }
}

/** Where keys stand and whose they are: one strategy per profile. */
export abstract class Authenticator {
  constructor(
    protected readonly credentials: Credentials,
    /** All places where keys may stand, each once. */
    protected readonly places: Source[],
  ) {}

  /** Reads the request of the running callback. */
  abstract identify(): Identity;

  /** The headers of the request that carry a key of somebody, lower case. */
  headerNames(): Slice[] {
    const names: Slice[] = [];
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      if (
        place.inHeader &&
        this.credentials.find(place.readHeader(), place.mayHaveScheme) !== null
      ) {
        names.push(place.header);
      }
    }
    return names;
  }

  /** The query parameters that carry a key, or would if they were looked at. */
  abstract parameterNames(): Slice[];
}
