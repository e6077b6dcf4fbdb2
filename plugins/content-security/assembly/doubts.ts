import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";

/**
 * Values that the peer takes although nobody can mean them: each is a line in the log that says what
 * it leads to, or with `strictConfig` a refusal (content-security.md 6, no. 10).
 */
@final
export class Doubts {
  private readonly isStrict: bool;

  /** @param config the top level of one configuration */
  constructor(
    config: ConfigReader,
    private readonly log: PluginLog,
  ) {
    this.isStrict = config.flag("strictConfig");
  }

  /** @param config the object that has the field */
  note(config: ConfigReader, field: string, consequence: string): void {
    if (this.isStrict) return config.refuse(field, consequence);
    this.log.error(fieldPath(config, field) + ": " + consequence);
  }

  /** What is so. @param config of which part */
  tell(config: ConfigReader, summary: string): void {
    const path = config.path;
    this.log.info((path.length == 0 ? "" : path + ": ") + summary);
  }

  /** What works, but not as it may be read. Never a refusal. */
  warn(config: ConfigReader, field: string, consequence: string): void {
    this.log.warn(fieldPath(config, field) + ": " + consequence);
  }
}

function fieldPath(config: ConfigReader, field: string): string {
  const path = config.path;
  return path.length == 0 ? field : path + "." + field;
}
