import { equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { ORIGINAL_AUTH_KEY } from "./names";
import { SchemeStripping, Source } from "./sources";

/**
 * Names of profile go, each once: those of headers whatever their case, and no empty ones (D11);
 * cases of query parameters differ.
 */
export function distinctNames(names: Slice[], areHeaders: bool): Slice[] {
  const kept: Slice[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (!(areHeaders && name.isEmpty) && !hasName(kept, name, areHeaders)) kept.push(name);
  }
  return kept;
}

/** Profile cpp: the places the global `keys` and flags (default true) name, in order. */
export function readGlobalSources(config: ConfigReader, stripping: SchemeStripping): Source[] {
  return sourcesOf(
    config.texts("keys"),
    config.flag("in_header", true),
    config.flag("in_query", true),
    stripping,
  );
}

/** `strip_bearer`. */
export function readStripping(config: ConfigReader): SchemeStripping {
  return <SchemeStripping>config.choice("strip_bearer", ["auto", "always", "never"], 0);
}

/**
 * Profile cpp: a consumer's own places (key-auth.md 2.4).
 *
 * @param around where the consumer stands
 * @param sharesFlags a flag that the consumer lacks is read there; false: it is true
 */
export function readOwnSources(
  consumer: ConfigReader,
  around: ConfigReader,
  sharesFlags: bool,
  stripping: SchemeStripping,
  trustsOriginalAuth: bool,
): Source[] {
  const inHeader = consumer.flag("in_header", !sharesFlags || around.flag("in_header", true));
  const inQuery = consumer.flag("in_query", !sharesFlags || around.flag("in_query", true));
  const names: Slice[] = trustsOriginalAuth ? [ORIGINAL_AUTH_KEY] : [];
  const own = consumer.texts("keys");
  if (around.document.strictFlag("strict_config", false)) refuseEmptyNames(consumer, own);
  for (let i = 0; i < own.length; i++) names.push(own[i]);
  return sourcesOf(names, inHeader, inQuery, stripping);
}

/** With `strict_config`. */
export function refuseEmptyNames(config: ConfigReader, names: Slice[]): void {
  for (let i = 0; i < names.length; i++) {
    if (names[i].isEmpty) config.refuseElement("keys", i, "must not be empty");
  }
}

/** A place for each name. */
export function sourcesOf(
  names: Slice[],
  inHeader: bool,
  inQuery: bool,
  stripping: SchemeStripping,
): Source[] {
  const sources: Source[] = [];
  for (let i = 0; i < names.length; i++) {
    sources.push(new Source(names[i], inHeader, inQuery, stripping));
  }
  return sources;
}

function hasName(names: Slice[], name: Slice, ignoreCase: bool): bool {
  for (let i = 0; i < names.length; i++) {
    if (ignoreCase ? equalsIgnoreCase(names[i], name) : names[i].equals(name)) return true;
  }
  return false;
}
