import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { LogLevel, logLine } from "proxy-wasm-as";

/** The settings a cluster was last initialised with by this VM. */
@final
class KnownCluster {
  constructor(
    readonly name: Slice,
    public settings: Slice,
  ) {}
}

// The host keeps one Redis configuration per worker and cluster, and a VM is one worker's: so this
// belongs to the VM, not to a plugin configuration. As many entries as clusters were ever named.
const known: KnownCluster[] = [];

/**
 * Remembers how the host now connects to a cluster, and warns when that changes: the last
 * initialisation wins for everybody who uses the cluster, and breaks their running commands.
 */
export function noteCluster(name: Slice, settings: Slice): void {
  const found = find(name);
  if (found === null) {
    known.push(new KnownCluster(name.kept(), settings.kept()));
    return;
  }
  if (found.settings.equals(settings)) return;
  found.settings = settings.kept();
  const line = new Builder()
    .appendText("redis cluster ")
    .append(name)
    .appendText(" is initialised again with other settings, for all");
  logLine(LogLevel.Warn, line.view());
}

function find(name: Slice): KnownCluster | null {
  for (let i = 0; i < known.length; i++) {
    if (known[i].name.equals(name)) return known[i];
  }
  return null;
}
