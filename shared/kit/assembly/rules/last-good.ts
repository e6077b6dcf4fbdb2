import { Builder, bytes, BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";

const PLUGIN_NAME: Slice = bytes("plugin_name");
const PLUGIN_ROOT_ID: Slice = bytes("plugin_root_id");

/**
 * The rules of one plugin that were accepted last, as JSON texts by match key (host.md 2.8). They
 * outlive the root context: a gateway makes a new one for each configuration.
 */
@final
export class LastGoodRules {
  private accepted: BytesTable<Slice> = new BytesTable<Slice>();
  private candidates: BytesTable<Slice> = new BytesTable<Slice>();

  constructor(readonly plugin: Slice) {}

  /** A configuration is read: nothing is remembered of it before `commit`. */
  begin(): void {
    this.candidates = new BytesTable<Slice>();
  }

  /** The text that stood under this key in the last configuration, or null. */
  find(key: Slice): Slice | null {
    return this.accepted.find(key);
  }

  /** A rule that holds from now on. Its text is copied. */
  keep(key: Slice, text: Slice): void {
    this.candidates.set(key, text.copy());
  }

  /** The configuration is accepted; rules that it does not have any more are forgotten. */
  commit(): void {
    this.accepted = this.candidates;
  }
}

// One per plugin that ever ran in this VM: plugins of one image share a VM, so the host's name for
// the running one tells them apart.
const known: LastGoodRules[] = [];

/** The rules of the running plugin. */
export function lastGoodRules(): LastGoodRules {
  const plugin = new Builder();
  appendProperty(plugin, PLUGIN_NAME);
  plugin.appendByte(0);
  appendProperty(plugin, PLUGIN_ROOT_ID);
  const name = plugin.toSlice();
  for (let i = 0; i < known.length; i++) {
    if (known[i].plugin.equals(name)) return known[i];
  }
  const rules = new LastGoodRules(name);
  known.push(rules);
  return rules;
}

function appendProperty(to: Builder, name: Slice): void {
  const value = getProperty(name);
  if (value !== null) to.append(value);
}
