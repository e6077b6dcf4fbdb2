import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Entry } from "./entry";
import { VectorSettings } from "./settings";

export const PARTITION: string = "partition";
export const CREATED_AT: string = "created_at";

/** The members of a stored entry that the peer does not know, none unless somebody wants them. */
export function writeMoreFields(json: JsonWriter, entry: Entry, settings: VectorSettings): void {
  if (settings.filters && !entry.partition.isEmpty) json.key(PARTITION).text(entry.partition);
  if (settings.keepsAge) json.key(CREATED_AT).integer(entry.createdAt);
}
