import { PluginLog } from "@ai-gateway-wasm/kit";
import { AttributeMap, writeToLog } from "@ai-gateway-wasm/kit/attributes";
import { LogLevel } from "proxy-wasm-as";
import { LimitConfig } from "./config";
import { Limit } from "./limit";
import { countDenial } from "./metrics";
import { LIMITED, RULE_ATTRIBUTE, SHADOW, STATUS_ATTRIBUTE } from "./names";

/** Tells the access log, and counts, that a limit refuses the request, or would (token-rate-limit.md 4.5). */
export function noteDenial(config: LimitConfig, limit: Limit, log: PluginLog): void {
  const attributes = new AttributeMap();
  attributes.setText(STATUS_ATTRIBUTE, config.isShadow ? SHADOW : LIMITED);
  if (config.reportsRule) {
    attributes.setText(RULE_ATTRIBUTE, limit.label);
    countDenial(limit.label);
  }
  writeToLog(log, attributes);
  const level = config.isShadow ? LogLevel.Info : LogLevel.Debug;
  if (!log.wants(level)) return;
  log.write(level, limit.label.toString() + (config.isShadow ? " would refuse" : " refuses"));
}
