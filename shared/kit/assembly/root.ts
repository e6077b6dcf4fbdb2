import { JsonValue, parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { HttpContext, LogLevel, RootContext, Status } from "proxy-wasm-as";
import { ConfigErrors } from "./config/errors";
import { ConfigReader } from "./config/reader";
import { hostError } from "./host-error";
import { NIL, noteRequestId, PluginLog } from "./log";
import { RuleMatcher, RulePrecedence } from "./rules/matcher";
import { RequestFacts } from "./rules/request-facts";
import { Rule } from "./rules/rule";

const EMPTY_OBJECT: Slice = bytes("{}");
const RULES: Slice = bytes("_rules_");
const PLUGIN_ID: Slice = bytes("_plugin_id_");
const REFUSED: string = "refused";
const NOTHING_VALID: string = "parse config failed, no valid rules; global config parse error:";

/**
 * The root context of a Higress-compatible plugin: reads the configuration with its `_rules_` in
 * the order and with the messages of Higress's Go framework (host.md 2.3), and picks the
 * configuration of each request (host.md 2.7).
 *
 * @typeParam C the parsed configuration of one scope, global or rule
 */
export abstract class PluginRoot<C> extends RootContext {
  readonly log: PluginLog;
  private globalConfig: C | null = null;
  private rules: Rule<C>[] = [];

  constructor(id: u32, name: string) {
    super(id);
    this.log = new PluginLog(bytes(name));
  }

  /** Called first, with the whole document: for what must be known before its parts are read. */
  prepare(_document: ConfigReader): void {}

  /**
   * Called last, when every part was accepted: for what the host has to do, such as ticks. Note an
   * error in the reader to refuse the configuration.
   */
  complete(_document: ConfigReader): void {}

  /** Which match key of a rule counts. */
  precedence(): RulePrecedence {
    return RulePrecedence.Go;
  }

  /** The configuration of requests that no rule matches. Null, or an error noted in the reader, refuses it. */
  abstract parseGlobal(document: ConfigReader): C | null;

  /**
   * The configuration of requests that the rule matches. Null, or an error noted in the reader,
   * refuses the whole configuration.
   *
   * @param base the global part, null when there is none or it was refused
   */
  abstract parseRule(rule: ConfigReader, base: C | null): C | null;

  /** What a rule with `_disable_: true` means; null: the plugin is off. */
  disabledRule(_base: C | null): C | null {
    return null;
  }

  /**
   * The global part was refused although there are rules. The peer starts without it; null does
   * the same. Note an error in the reader to refuse the whole configuration instead.
   *
   * @param errors of the global part
   */
  withoutGlobal(_document: ConfigReader, _errors: ConfigErrors): C | null {
    return null;
  }

  /** A request begins, under this configuration. Null makes the plugin inert for it. */
  abstract accept(id: u32, config: C): HttpContext | null;

  /** True when the configuration has at least one rule. */
  get hasRules(): bool {
    return this.rules.length > 0;
  }

  /** True when the configuration has a rule for routes or services. */
  get hasRouteRules(): bool {
    for (let i = 0; i < this.rules.length; i++) {
      if (!this.rules[i].matcher.isAboutHosts) return true;
    }
    return false;
  }

  /** True when there are only rules, and all of them are for routes or services. */
  get isBoundToRoutes(): bool {
    for (let i = 0; i < this.rules.length; i++) {
      if (this.rules[i].matcher.isAboutHosts) return false;
    }
    return this.hasRules && this.globalConfig === null;
  }

  override createStream(id: u32): HttpContext | null {
    // What the peer does on every request, also where the plugin is off (host.md 2.7). In plain
    // Envoy nobody reads it.
    if (isDefined(HIGRESS)) noteRequestId();
    const config = this.rules.length == 0 ? this.globalConfig : this.select();
    return config === null ? null : this.accept(id, config);
  }

  override onUnreadable(status: Status): void {
    const text = "error reading plugin configuration: " + hostError(status);
    this.log.write(LogLevel.Critical, text);
  }

  override onConfigure(configuration: Slice): bool {
    if (configuration.isEmpty) this.log.warn("config is empty, but has ParseConfigFunc");
    const text = configuration.isEmpty ? EMPTY_OBJECT : configuration.copy();
    const document = parseJson(text);
    if (document === null) {
      this.log.warn(
        "the plugin configuration is not a valid json: " + decimal(text.length) + " bytes",
      );
      return false;
    }
    const lastGlobal = this.globalConfig;
    const lastRules = this.rules;
    this.globalConfig = null;
    this.rules = [];
    const errors = new ConfigErrors();
    this.configure(new ConfigReader(document, errors));
    if (errors.any) {
      // A root that is configured again keeps what it had: half a configuration may be an open door.
      this.globalConfig = lastGlobal;
      this.rules = lastRules;
      this.log.warn("parse rule config failed: " + errors.message);
      this.log.error("plugin start failed");
      return false;
    }
    this.log.info("plugin start successfully");
    return true;
  }

  private configure(document: ConfigReader): void {
    const pluginId = document.text("_plugin_id_");
    this.log.pluginId = pluginId.isEmpty ? NIL : pluginId;
    this.prepare(document);
    if (document.errors.any) return;
    const rules = document.objects("_rules_");
    if (this.hasOwnFields(document.value, !pluginId.isEmpty)) {
      this.configureGlobal(document, rules.length > 0, NOTHING_VALID);
    } else if (!document.has("_rules_")) {
      this.configureGlobal(document, false, "");
    } else if (rules.length == 0) {
      document.refuseWith(NOTHING_VALID + "<nil>");
    }
    this.configureRules(document, rules);
    if (!document.errors.any) this.complete(document);
  }

  /**
   * Is there a field besides `_rules_` and, once it was taken out, `_plugin_id_`? One that is given
   * twice counts once, as for the peer. What is no object is an empty configuration.
   */
  private hasOwnFields(document: JsonValue, hasId: bool): bool {
    if (!document.isObject) return false;
    const members = document.entries();
    while (members.next()) {
      if (!members.keyIs(RULES) && !(hasId && members.keyIs(PLUGIN_ID))) return true;
    }
    return false;
  }

  /** @param refusal what stands before the reason when there are no rules to fall back on */
  private configureGlobal(document: ConfigReader, hasRules: bool, refusal: string): void {
    this.log.debug("global config");
    const attempt = document.attempt();
    const config = this.parseGlobal(attempt);
    if (config === null) attempt.refuseWith(REFUSED);
    const reason = attempt.errors.message;
    if (!attempt.errors.any) {
      this.globalConfig = config;
    } else if (!hasRules) {
      document.refuseWith(refusal + reason);
    } else {
      this.globalConfig = this.withoutGlobal(document, attempt.errors);
      // The peer swallows this without a word.
      if (!document.errors.any) {
        this.log.error("global config is refused, only rules apply: " + reason);
      }
    }
  }

  /** Reads `_rules_`. One that is refused refuses the whole configuration. */
  protected configureRules(document: ConfigReader, rules: ConfigReader[]): void {
    for (let i = 0; i < rules.length && !document.errors.any; i++) {
      const matcher = this.matcherOf(rules[i]);
      if (matcher !== null) this.readRule(matcher, rules[i]);
    }
  }

  /** The match keys of a rule; null: it has none, which refuses the configuration. */
  protected matcherOf(rule: ConfigReader): RuleMatcher | null {
    this.log.debug("domain/route config");
    const matcher = new RuleMatcher(rule, this.precedence());
    return rule.errors.any ? null : matcher;
  }

  /** Adds what holds where the rule matches. False, and the reader says why: it is refused. */
  protected readRule(matcher: RuleMatcher, rule: ConfigReader): bool {
    const base = this.globalConfig;
    const isDisabled = rule.flag("_disable_");
    const config = isDisabled ? this.disabledRule(base) : this.parseRule(rule, base);
    if (config === null && !isDisabled) rule.refuseWith(REFUSED);
    if (rule.errors.any) return false;
    this.rules.push(new Rule<C>(matcher, config));
    return true;
  }

  /**
   * The configuration of the running request; null: the plugin is off for it. The first rule that
   * matches decides. Another one may on Higress, once headers were edited that routes match on.
   */
  select(): C | null {
    const facts = new RequestFacts();
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (rule.matcher.matches(facts)) return rule.config;
    }
    return this.globalConfig;
  }
}
