import { BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { OwnFields } from "@ai-gateway-wasm/kit";
import { NO_LABEL, NONE } from "@ai-gateway-wasm/kit/series";
import { OTHER } from "./names";
import { PriceList } from "./price-list";

const DEFAULT_SERIES: i64 = 2000;
const MOST_SERIES: i64 = 100_000;

/** Sets of metrics that can be switched off and on. */
export const enum Group {
  /** The peer's. */
  Compat = 1,
  /** Requests, errors, kinds of status. */
  Requests = 2,
  /** Kinds of tokens. */
  Tokens = 4,
  /** Histograms. */
  Latency = 8,
}

const DEFAULT_GROUPS: i32 = Group.Compat | Group.Requests | Group.Tokens;
const GROUPS: string[] = ["compat", "requests", "tokens", "latency"];

/** `metrics`: which series there are, and how many at most. */
@final
export class MetricsConfig {
  /** Bits of `Group`. */
  groups: i32 = DEFAULT_GROUPS;
  /** Distinct label sets of one VM, or of all together. */
  maxSeries: i32 = <i32>DEFAULT_SERIES;
  /** All VMs of the process share `maxSeries`. */
  sharesSeries: bool = false;
  /** Null: no model has a price. */
  prices: PriceList | null = null;
  /** Count what was used by answers that were not complete, in the peer's counters too. */
  countsIncomplete: bool = false;
  /** A model that only the request names is a label, whatever the upstream answers. */
  trustsRequestModel: bool = true;
  /** The cluster as it is when the answer is complete, not when the request came. */
  labelsAtEnd: bool = false;

  private readonly consumers: BytesTable<Slice> = new BytesTable<Slice>();
  private readonly models: BytesTable<Slice> = new BytesTable<Slice>();
  private hasRoute: bool = true;
  private hasCluster: bool = true;
  private hasModel: bool = true;
  private hasConsumer: bool = true;

  constructor(config: OwnFields) {
    this.labelsAtEnd = config.choice("labels_at", ["request", "end"], 0) == 1;
    const metrics = OwnFields.objectIn(config.reader, "metrics");
    if (metrics !== null) this.read(metrics);
  }

  has(group: Group): bool {
    return (this.groups & group) != 0;
  }

  private read(metrics: OwnFields): void {
    this.maxSeries = <i32>metrics.integer("max_series", DEFAULT_SERIES, 1, MOST_SERIES);
    this.sharesSeries = metrics.choice("max_series_of", ["worker", "process"], 0) == 1;
    this.countsIncomplete = metrics.flag("count_incomplete");
    this.trustsRequestModel = metrics.flag("trust_request_model", true);
    fill(this.consumers, metrics.names("consumers"));
    fill(this.models, metrics.names("models"));
    this.readGroups(metrics);
    this.readLabels(metrics);
    const prices = new PriceList(metrics.reader);
    if (!prices.isEmpty) this.prices = prices;
  }

  route(name: Slice): Slice {
    return this.hasRoute ? name : NO_LABEL;
  }

  cluster(name: Slice): Slice {
    return this.hasCluster ? name : NO_LABEL;
  }

  model(name: Slice): Slice {
    return this.hasModel ? known(this.models, name) : NO_LABEL;
  }

  /** @param name empty: the request names none */
  consumer(name: Slice): Slice {
    if (!this.hasConsumer) return NO_LABEL;
    return name.isEmpty ? NONE : known(this.consumers, name);
  }

  /** Whether the operator named this model. */
  isListedModel(name: Slice): bool {
    return this.models.has(name);
  }

  private readGroups(metrics: OwnFields): void {
    const names = metrics.texts("groups");
    if (names === null) return;
    this.groups = 0;
    for (let i = 0; i < names.length; i++) {
      const index = GROUPS.indexOf(names[i].toString());
      if (index < 0) {
        metrics.refuse("groups", "must be some of compat, requests, tokens, latency");
        return;
      }
      this.groups |= 1 << index;
    }
  }

  private readLabels(metrics: OwnFields): void {
    const labels = OwnFields.objectIn(metrics.reader, "labels");
    if (labels === null) return;
    this.hasRoute = labels.flag("route", true);
    this.hasCluster = labels.flag("cluster", true);
    this.hasModel = labels.flag("model", true);
    this.hasConsumer = labels.flag("consumer", true);
  }
}

function fill(table: BytesTable<Slice>, names: Slice[]): void {
  for (let i = 0; i < names.length; i++) table.set(names[i], names[i]);
}

/** A name of the list; any, where there is no list. */
function known(table: BytesTable<Slice>, name: Slice): Slice {
  return table.size == 0 || table.has(name) ? name : OTHER;
}
