import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ApiKey, Consumer } from "./consumers";
import { Credentials } from "./credentials";
import { Authenticator, Identity } from "./identity";
import { Source } from "./sources";

/** Ranks a key found at a place that does not count for it. */
const NOT_HERE: i32 = i32.MAX_VALUE;

/**
 * Profile cpp (key-auth.md 3.2): keys may stand in many places, the best one decides. First come
 * entries without own places, in order of the global places; then the others, in order of entries
 * and of their own places. Each place is read once, however many consumers name it.
 */
@final
export class CppAuthenticator extends Authenticator {
  constructor(
    credentials: Credentials,
    private readonly globalSources: Source[],
    consumers: Consumer[],
  ) {
    super(credentials, []);
    this.addPlaces(globalSources);
    for (let i = 0; i < consumers.length; i++) {
      const own = consumers[i].ownSources;
      if (own !== null) this.addPlaces(own);
    }
  }

  override identify(): Identity {
    let best: ApiKey | null = null;
    let bestEntry = NOT_HERE;
    let bestPlace = NOT_HERE;
    let unknown: Slice = NO_BYTES;
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      const token = place.read();
      if (token.isEmpty) continue;
      const key = this.credentials.find(token, place.showsScheme);
      if (key === null) {
        unknown = token;
        continue;
      }
      const own = ownSourcesOf(key);
      const entry = own === null ? -1 : indexOf(key);
      const position = positionOf(own === null ? this.globalSources : own, place);
      if (position == NOT_HERE) continue;
      if (entry < bestEntry || (entry == bestEntry && position < bestPlace)) {
        best = key;
        bestEntry = entry;
        bestPlace = position;
      }
    }
    if (best !== null) return Identity.known(best);
    return unknown.isEmpty ? Identity.NO_KEY : Identity.unknown(unknown);
  }

  override parameterNames(): Slice[] {
    const names: Slice[] = [];
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      if (place.inQuery && this.credentials.find(place.readQuery(), false) !== null)
        names.push(place.name);
    }
    return names;
  }

  private addPlaces(sources: Source[]): void {
    for (let i = 0; i < sources.length; i++) {
      if (positionOf(this.places, sources[i]) == NOT_HERE) this.places.push(sources[i]);
    }
  }
}

function ownSourcesOf(key: ApiKey): Source[] | null {
  const consumer = key.consumer;
  return consumer !== null ? consumer.ownSources : null;
}

function indexOf(key: ApiKey): i32 {
  const consumer = key.consumer;
  return consumer === null ? 0 : consumer.index;
}

function positionOf(sources: Source[], wanted: Source): i32 {
  for (let i = 0; i < sources.length; i++) {
    if (sources[i].equals(wanted)) return i;
  }
  return NOT_HERE;
}
