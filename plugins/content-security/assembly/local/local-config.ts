import { ConfigReader } from "@ai-gateway-wasm/kit";
import { LocalOptions } from "./local-options";
import { LocalRules } from "./local-rules";
import { LocalRulesBuilder } from "./local-rules-builder";
import { readMaskingDialect } from "./masking-dialect";
import { RuleReader } from "./rule-reader";

/**
 * The local rules of a configuration: `rules` (content-security.md 9.3) behind the fields of
 * ai-data-masking (2.6). Null when there are none, or the configuration was refused.
 *
 * @param hasMaskingFields false: another peer's configuration, in which these fields mean nothing
 */
export function readLocalRules(
  config: ConfigReader,
  hasMaskingFields: bool = true,
): LocalRules | null {
  const builder = new LocalRulesBuilder(new LocalOptions(config));
  if (hasMaskingFields) readMaskingDialect(config, builder);
  const rules = config.objects("rules");
  for (let i = 0; i < rules.length && !config.errors.any; i++) {
    new RuleReader(rules[i], builder).read();
  }
  return config.errors.any ? null : builder.build();
}
