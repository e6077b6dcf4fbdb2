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
    const path = config.path;
    this.log.error((path.length == 0 ? field : path + "." + field) + ": " + consequence);
  }
}
