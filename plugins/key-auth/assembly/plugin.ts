import {
  ConfigErrors,
  ConfigReader,
  PluginRoot,
  RulePrecedence,
  Tristate,
} from "@ai-gateway-wasm/kit";
import { callForeign, HttpContext } from "proxy-wasm-as";
import { Access, RuleParser } from "./access";
import { AuthParser } from "./auth-parser";
import { closedConfig } from "./config";
import { Metrics } from "./metrics";
import { CONSUMER_DECLARATION, DECLARE_PROPERTY, PLUGIN_NAME } from "./names";
import { Profile, readProfile } from "./profile";
import { KeyAuth } from "./stream";

/** One configuration of key-auth: who may come in, and on which routes. */
export class KeyAuthRoot extends PluginRoot<Access> {
  private profile: Profile = Profile.Go;
  private rulesExist: bool = false;
  /** Some part of the configuration strips keys: requests may come back without theirs. */
  mayReturn: bool = false;
  /** Some rule is for routes or services, which may be chosen by the consumer's name. */
  followsRoutes: bool = false;
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override prepare(document: ConfigReader): void {
    this.profile = readProfile(document);
    this.rulesExist = document.list("_rules_").length > 0;
  }

  override precedence(): RulePrecedence {
    return this.profile == Profile.Go ? RulePrecedence.Go : RulePrecedence.Cpp;
  }

  override parseGlobal(document: ConfigReader): Access | null {
    const auth = new AuthParser(document, document, this.profile, this.log).parse();
    if (auth === null) return null;
    const access = new Access(auth);
    access.isEnforced = this.enforcesEverywhere(auth.globalAuth);
    if (!access.isEnforced && !auth.options.stripsConsumerHeaderAlways) {
      this.log.info("set strip_consumer_header: always, or clients can name themselves");
    }
    this.declareProperty(access);
    return access;
  }

  override parseRule(rule: ConfigReader, base: Access | null): Access | null {
    const auth = base === null ? closedConfig(this.profile) : base.auth;
    const access = new RuleParser(rule, this.profile, this.log).parse(auth, base !== null);
    if (access !== null) this.declareProperty(access);
    return access;
  }

  /** The rule lets everybody through; whether it cleans headers is a matter of the global part. */
  override disabledRule(base: Access | null): Access | null {
    if (base === null) return null;
    const access = new Access(base.auth);
    access.isEnforced = false;
    return access;
  }

  override withoutGlobal(document: ConfigReader, errors: ConfigErrors): Access | null {
    // What the peer would have taken must not open the gate that it closes there.
    if (errors.isOurs || document.strictFlag("strict_config", false)) {
      document.refuseWith(errors.message);
    }
    // Profile go starts, and is open outside of its rules, as the peer (key-auth.md 2.3). Profile cpp
    // would be open everywhere: that is deviation D7.
    const closes = this.profile == Profile.Cpp && document.flag("global_auth");
    return closes ? new Access(closedConfig(this.profile)) : null;
  }

  override complete(_document: ConfigReader): void {
    this.followsRoutes = this.hasRouteRules;
  }

  override accept(id: u32, access: Access): HttpContext | null {
    return new KeyAuth(id, access, this.log, this.metrics, this);
  }

  /** What `global_auth` says about requests that no rule matches (key-auth.md 3.1). */
  private enforcesEverywhere(globalAuth: Tristate): bool {
    return globalAuth == Tristate.True || (globalAuth == Tristate.Unset && !this.rulesExist);
  }

  /** Only where keys are stripped does a redirected request need to be recognised without one. */
  private declareProperty(access: Access): void {
    if (this.mayReturn || !access.stripsCredential) return;
    this.mayReturn = true;
    callForeign(DECLARE_PROPERTY, CONSUMER_DECLARATION);
  }
}
