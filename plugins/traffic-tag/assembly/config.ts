import { bytes, decimal, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConditionGroup, elementsOf, readConditions, ValueType } from "@ai-gateway-wasm/conditions";
import { ConfigReader, configText, PluginLog } from "@ai-gateway-wasm/kit";
import { Tag } from "./tag";
import { TagGroup } from "./tag-group";
import { TOTAL_WEIGHT, Weights } from "./weights";

const AND: Slice = bytes("and");
const OR: Slice = bytes("or");

/** What one scope, the global part or a rule, tags. */
@final
export class TagConfig {
  readonly groups: TagGroup[] = [];
  readonly weights: Weights = new Weights();
  /** For requests that get no other tag; null: they get none. */
  fallback: Tag | null = null;
  /** A tag takes the place of what the client sent. */
  overwrites: bool = false;
}

/** Reads one scope; null when it is refused, in the words of the peer. */
export function parseConfig(reader: ConfigReader, log: PluginLog): TagConfig | null {
  if (isBlank(reader)) log.error("plugin config is empty");
  const config = new TagConfig();
  const problem = readGroups(reader, config, log);
  if (problem.length > 0) reader.refuseWith(problem);
  else readWeights(reader, config);
  const name = reader.text("defaultTagKey");
  const value = reader.text("defaultTagVal");
  if (!name.isEmpty && !value.isEmpty) config.fallback = new Tag(name, value);
  config.overwrites = reader.flag("overwrite");
  return reader.errors.any ? null : config;
}

/**
 * Reads `conditionGroups`. The peer forgets what was wrong with a group as soon as a condition of a
 * later one is right, and keeps the conditions before the wrong one, so that an `and` matches more
 * than it says. What it accepts in this way is accepted, but the damaged group is dropped whole
 * (model-router.md 3.7).
 *
 * @returns what the peer refuses; empty: nothing
 */
function readGroups(reader: ConfigReader, config: TagConfig, log: PluginLog): string {
  const entries = elementsOf(reader, "conditionGroups");
  let pending = "";
  const ignored: string[] = [];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const name = entry.text("headerName");
    const value = entry.text("headerValue");
    const logic = lowerCase(entry.text("logic")).kept();
    const needsAll = logic.equals(AND);
    if (name.isEmpty || value.isEmpty || !(needsAll || logic.equals(OR))) {
      return refusal(entry, name, value, logic);
    }
    const group = new ConditionGroup(needsAll);
    const problem = readConditions(entry, group.conditions, ValueType.Cookie);
    if (problem.length > 0) {
      pending = problem;
      ignored.push("condition group " + decimal(i) + " ignored: " + problem);
      continue;
    }
    if (group.conditions.length > 0) pending = "";
    config.groups.push(new TagGroup(new Tag(name, value), group));
  }
  if (pending.length > 0) return pending;
  for (let i = 0; i < ignored.length; i++) log.error(ignored[i]);
  return "";
}

function refusal(entry: ConfigReader, name: Slice, value: Slice, logic: Slice): string {
  const parts = [
    "invalid condition group: " + configText(entry.value).toString(),
    "HeaderName: " + name.toString(),
    "HeaderValue: " + value.toString(),
    "Logic: " + logic.toString(),
  ];
  return parts.join(", ");
}

function readWeights(reader: ConfigReader, config: TagConfig): void {
  const entries = elementsOf(reader, "weightGroups");
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const name = entry.text("headerName");
    const value = entry.text("headerValue");
    const weight = entry.integer("weight", 0);
    if (name.isEmpty || value.isEmpty || weight < 0 || weight > TOTAL_WEIGHT) {
      reader.refuseWith("invalid weight config: " + configText(entry.value).toString());
      return;
    }
    if (!config.weights.add(new Tag(name, value), weight)) {
      reader.refuseWith("total weight exceeds: " + decimal(TOTAL_WEIGHT));
      return;
    }
  }
}

function isBlank(reader: ConfigReader): bool {
  return reader.value.isObject && reader.value.count() == 0;
}
