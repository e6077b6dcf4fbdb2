import { JsonValue } from "@ai-gateway-wasm/as-json";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/**
 * A reader for each element of a field, as gjson's ForEach walks: over a list, over the values of an
 * object, or once over anything else.
 */
export function elementsOf(owner: ConfigReader, field: string): ConfigReader[] {
  const readers: ConfigReader[] = [];
  const value = owner.find(field);
  if (value === null) return readers;
  if (!value.isObject && !value.isArray) {
    add(readers, owner, field, value);
    return readers;
  }
  const members = value.entries();
  while (members.next()) add(readers, owner, field, members.value);
  return readers;
}

function add(to: ConfigReader[], owner: ConfigReader, field: string, value: JsonValue): void {
  to.push(new ConfigReader(value, owner.errors, owner, field, to.length));
}
