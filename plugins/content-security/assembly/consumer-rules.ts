import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { ConsumerMatch } from "./consumers";
import { Doubts } from "./doubts";
import { Phase } from "./judge/backend";
import { Thresholds } from "./judge/thresholds";
import { readConsumerThresholds } from "./thresholds-parser";


@final
class ServiceRule {
  constructor(
    readonly match: ConsumerMatch,
    readonly service: Slice | null,
    readonly imageService: Slice | null,
  ) {}
}


@final
class ThresholdsRule {
  constructor(
    readonly match: ConsumerMatch,
    readonly thresholds: Thresholds,
  ) {}
}

/** What is different for some consumers; the first item that names one decides (content-security.md 2.5). */
@final
export class ConsumerRules {
  private readonly requestServices: ServiceRule[];
  private readonly responseServices: ServiceRule[];
  private readonly thresholds: ThresholdsRule[] = [];

  constructor(
    config: ConfigReader,
    private readonly base: Thresholds,
    private readonly doubts: Doubts,
    /** `action`s by dimension are not even looked at, as in the peer. */
    private readonly ignoresActions: bool,
  ) {
    this.requestServices = readServices(
      config,
      "consumerRequestCheckService",
      "requestCheckService",
      "requestImageCheckService",
    );
    this.responseServices = readServices(
      config,
      "consumerResponseCheckService",
      "responseCheckService",
      "responseImageCheckService",
    );
    const items = config.objects("consumerRiskLevel");
    for (let i = 0; i < items.length; i++) this.addThresholds(config, items[i]);
  }

  /** What some service finds may be taken out of a text. */
  get masks(): bool {
    for (let i = 0; i < this.thresholds.length; i++) {
      if (this.thresholds[i].thresholds.masks) return true;
    }
    return this.base.masks;
  }

  thresholdsOf(consumer: Slice): Thresholds {
    for (let i = 0; i < this.thresholds.length; i++) {
      if (this.thresholds[i].match.matches(consumer)) return this.thresholds[i].thresholds;
    }
    return this.base;
  }

  /** Null: the service that is configured for all. */
  serviceOf(consumer: Slice, phase: Phase, isImage: bool): Slice | null {
    const rules = phase == Phase.Request ? this.requestServices : this.responseServices;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      if (rule.match.matches(consumer)) return isImage ? rule.imageService : rule.service;
    }
    return null;
  }

  private addThresholds(config: ConfigReader, item: ConfigReader): void {
    if (item.has("openAIDenyResponseFormat")) {
      config.refuseWith(
        "openAIDenyResponseFormat must be configured at plugin global scope, not under consumerRiskLevel",
      );
    }
    const match = ConsumerMatch.read(item);
    if (match === null) return;
    const thresholds = new Thresholds(this.base);
    readConsumerThresholds(item, thresholds, this.doubts, this.ignoresActions);
    this.thresholds.push(new ThresholdsRule(match, thresholds));
  }
}

function readServices(
  config: ConfigReader,
  list: string,
  field: string,
  imageField: string,
): ServiceRule[] {
  const rules: ServiceRule[] = [];
  const items = config.objects(list);
  for (let i = 0; i < items.length; i++) {
    const match = ConsumerMatch.read(items[i]);
    if (match === null) continue;
    const image = stringIn(items[i], imageField);
    rules.push(new ServiceRule(match, stringIn(items[i], field), image));
  }
  return rules;
}

/** Null: there is none. What is no string names a service without a name, as in the peer. */
function stringIn(item: ConfigReader, field: string): Slice | null {
  const value = item.find(field);
  if (value === null) return null;
  return value.isString ? item.text(field) : NO_BYTES;
}
