import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields } from "@ai-gateway-wasm/kit";
import { JsonService, readJsonService, requireService, requireText } from "../json-service";
import { readThreshold, Threshold } from "./threshold";

const MOST_RESULTS: i64 = 16384;
const PARTITION_MODES: string[] = ["prefix", "filter"];
const SERVICE_NAME: string = "serviceName";

/** What the rest of the plugin decides for all databases. */
@final
export class VectorPolicy {
  constructor(
    /** Scores that say "more similar" need a threshold that somebody chose. */
    readonly requiresThreshold: bool,
    /** Older entries are no answers; 0: they stay for ever. */
    readonly ttlSeconds: i64,
    /** Clients may ask for a fresh answer, which is to take the place of the one there is. */
    readonly refreshes: bool,
  ) {}
}

/** What the databases have in common (ai-cache.md 2.3). */
@final
export class VectorSettings {
  readonly threshold: Threshold;
  readonly service: JsonService;
  readonly collection: Slice;
  readonly topK: i32;
  /** The database looks for a field of the partition, too. */
  readonly filters: bool;

  /**
   * @param required the fields that must be there, in the order in which the peer looks at them
   * @param name of the database in the peer's messages
   */
  constructor(
    readonly config: ConfigReader,
    readonly policy: VectorPolicy,
    name: string,
    required: string[],
  ) {
    this.threshold = readThreshold(config);
    for (let i = 0; i < required.length; i++) requireField(config, name, required[i]);
    this.service = readJsonService(config);
    this.collection = config.text("collectionID");
    this.topK = max(1, <i32>config.integer("topK", 0, 0, MOST_RESULTS));
    this.filters = new OwnFields(config).choice("partitionMode", PARTITION_MODES, 0) == 1;
  }

  /** Whether entries carry the time of their birth. */
  get keepsAge(): bool {
    return this.policy.ttlSeconds > 0;
  }

  /** Whether entries must be overwritten: those that get old would hide those that come after them. */
  get replaces(): bool {
    return this.keepsAge || this.policy.refreshes;
  }
}

function requireField(config: ConfigReader, name: string, field: string): void {
  const message = "[" + name + "] " + field + " is required";
  if (bytes(field).equals(bytes(SERVICE_NAME))) requireService(config, message);
  else requireText(config, field, message);
}
