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
    readonly service: Slice,
    readonly imageService: Slice,
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
    doubts: Doubts,
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
    for (let i = 0; i < items.length; i++) this.addThresholds(config, items[i], doubts);
  }

  thresholdsOf(consumer: Slice): Thresholds {
    for (let i = 0; i < this.thresholds.length; i++) {
      if (this.thresholds[i].match.matches(consumer)) return this.thresholds[i].thresholds;
    }
    return this.base;
  }

  /** No bytes: the service that is configured for all. */
  serviceOf(consumer: Slice, phase: Phase, isImage: bool): Slice {
    const rules = phase == Phase.Request ? this.requestServices : this.responseServices;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      if (rule.match.matches(consumer)) return isImage ? rule.imageService : rule.service;
    }
    return NO_BYTES;
  }

  private addThresholds(config: ConfigReader, item: ConfigReader, doubts: Doubts): void {
    if (item.has("openAIDenyResponseFormat")) {
      config.refuseWith(
        "openAIDenyResponseFormat must be configured at plugin global scope, not under consumerRiskLevel",
      );
    }
    const match = ConsumerMatch.read(item);
    if (match === null) return;
    const thresholds = readConsumerThresholds(item, this.base, doubts);
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
    rules.push(new ServiceRule(match, items[i].text(field), items[i].text(imageField)));
  }
  return rules;
}
