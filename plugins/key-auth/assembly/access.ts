import { BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { AuthParser } from "./auth-parser";
import { AuthConfig } from "./config";
import { ModelLists, ModelPolicy } from "./models";
import { ApiKey } from "./consumers";
import { readErrorFormat, readProvider } from "./options";
import { Profile } from "./profile";
import { ErrorFormat } from "./replies";

/** What holds for the requests of one scope: the whole plugin, or one rule. */
@final
export class Access {
  /** False: let requests through without looking at keys. */
  isEnforced: bool = true;
  /** Consumers that may come in; null: all that are authenticated. */
  allow: BytesTable<Slice> | null = null;
  models: ModelLists | null = null;
  provider: Slice | null;
  forwardsCredential: bool;
  errorFormat: ErrorFormat;

  constructor(readonly auth: AuthConfig) {
    const options = auth.options;
    this.provider = options.provider;
    this.forwardsCredential = options.forwardsCredential;
    this.errorFormat = options.errorFormat;
  }

  /** Reads what a rule sets differently. */
  readOverrides(rule: ConfigReader): void {
    if (rule.has("provider")) this.provider = readProvider(rule);
    this.forwardsCredential = rule.strictFlag("forward_credential", this.forwardsCredential);
    this.errorFormat = readErrorFormat(rule, this.errorFormat);
    this.models = ModelLists.read(rule);
  }

  readAllow(rule: ConfigReader): void {
    const names = rule.texts("allow");
    const allow = new BytesTable<Slice>();
    const known = this.auth.strictNames;
    for (let i = 0; i < names.length; i++) {
      allow.set(names[i], names[i]);
      if (known !== null && !known.has(names[i])) {
        rule.refuseElement("allow", i, "there is no such consumer");
      }
    }
    this.allow = allow;
  }

  /** @param consumer null: an anonymous credential, to which no list applies */
  allows(consumer: Slice | null): bool {
    const allow = this.allow;
    return allow === null || consumer === null || allow.has(consumer);
  }

  /** True when the consumer's key must not travel on. */
  get stripsCredential(): bool {
    return !this.forwardsCredential || this.lendsProviderKeys;
  }

  /** Whose keys are lent; null: none. Not where anybody comes in, though a consumer may get there. */
  get lender(): Slice | null {
    return this.isEnforced ? this.provider : null;
  }

  get lendsProviderKeys(): bool {
    return this.lender !== null;
  }

  /** Which models this key may ask for; null: all, so that the model need not be known. */
  modelPolicy(key: ApiKey): ModelPolicy | null {
    const consumer = key.consumer;
    const own = consumer !== null ? consumer.models : null;
    const global = this.auth.options.models;
    if (global === null && this.models === null && own === null && key.models === null) return null;
    return new ModelPolicy(global, this.models, own, key.models);
  }
}

/** Reads one element of `_rules_`. */
export class RuleParser {
  constructor(
    private readonly rule: ConfigReader,
    private readonly profile: Profile,
    private readonly log: PluginLog,
  ) {}

  /**
   * @param base what holds outside of rules
   * @param hasOptions false: the global part was refused, so a rule's own consumers get defaults
   */
  parse(base: AuthConfig, hasOptions: bool): Access | null {
    const rule = this.rule;
    const own = this.profile == Profile.Cpp ? this.parseOwn() : null;
    if (own !== null && hasOptions) own.options = base.options;
    const access = new Access(own === null ? base : own);
    access.readOverrides(rule);
    if (this.profile == Profile.Go) this.checkGo();
    else if (own === null) this.checkCpp();
    // The rule's own consumers are let in unless it also says which.
    if (own === null || rule.has("allow")) access.readAllow(rule);
    return rule.errors.any ? null : access;
  }

  private checkGo(): void {
    if (!this.rule.has("allow")) this.rule.refuseWith("allow is required");
    if (this.rule.list("allow").length == 0) this.rule.refuseWith("allow cannot be empty");
  }

  /**
   * The peer takes a rule for a local configuration as soon as it has two keys and no `allow`;
   * `_disable_` does not count.
   */
  private checkCpp(): void {
    const most = this.rule.has("_disable_") ? 2 : 1;
    if (!this.rule.has("allow") && this.rule.value.count() > most) {
      this.rule.refuse("allow", "is required, the rule has no usable configuration of its own");
    }
  }

  /** A rule with consumers of its own; null when it has none, or they are refused beside `allow`. */
  private parseOwn(): AuthConfig | null {
    const rule = this.rule;
    if (!rule.has("consumers") && !rule.has("credentials")) return null;
    const attempt = rule.attempt();
    const own = new AuthParser(attempt, rule.document.attempt(), this.profile, this.log).parse();
    if (own === null) {
      this.log.error("local config of a rule is refused: " + attempt.errors.message);
      return null;
    }
    this.log.warn("a rule has consumers of its own; they are enforced whatever global_auth says");
    return own;
  }
}
