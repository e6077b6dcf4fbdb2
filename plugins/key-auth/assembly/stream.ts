import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  fingerprint,
  isEncoded,
  limitRequestBuffer,
  normalisePath,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import { Verdict } from "@ai-gateway-wasm/kit/lent-keys";
import {
  DataAction,
  getProperty,
  HeadersAction,
  HttpContext,
  LogLevel,
  requestBody,
  requestHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { Access } from "./access";
import { ApiKey, Consumer } from "./consumers";
import { Finding, Identity } from "./identity";
import { forward } from "./lending";
import { Metrics } from "./metrics";
import { ModelFinding, modelInBody, modelInPath, modelInQuery, ModelName } from "./model-name";
import { ModelPolicy } from "./models";
import { CONSUMER_PROPERTY, CONTENT_TYPE, PATH } from "./names";
import { isMisnamed, nameConsumer, removeNames } from "./naming";
import { KeyAuthRoot } from "./plugin";
import { Profile } from "./profile";
import { Denial, denialHeaders, denialReply, ErrorFormat } from "./replies";
import { isWebSocket, requestMethod } from "./request";

/**
 * One request: whose key is it, may that consumer come in, may it ask for this model, and then
 * which key travels on.
 *
 *   headers ──► identify ──► admit ──► model known? ──yes──► forward
 *                                          │no
 *                                          └─► hold until the body is complete ──► forward
 */
export class KeyAuth extends HttpContext {
  /** Null until the request is identified. */
  private key: ApiKey | null = null;
  /** Null: the consumer may ask for any model, or is not admitted yet. */
  private policy: ModelPolicy | null = null;
  /** The path names a model that is permitted: nothing else need name one. */
  private isNamedByPath: bool = false;

  constructor(
    id: u32,
    private access: Access,
    private readonly log: PluginLog,
    private readonly metrics: Metrics,
    private readonly root: KeyAuthRoot,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    if (!this.access.isEnforced && this.isOpen()) return this.passBy();
    let denial = this.judgeKey();
    // The name may lead to another route, whose rule must agree; no name leads on from there.
    if (denial == Denial.None && this.isMoved()) {
      denial = this.judgeKey();
      if (denial == Denial.None && this.isMoved()) denial = Denial.NotAllowed;
    }
    if (denial != Denial.None) return this.refuse(denial);
    return this.policy === null ? this.release() : this.checkModel(endOfStream);
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (this.isStuck) return DataAction.StopIterationAndBuffer;
    if (<i64>size > this.access.auth.options.maxBodyBytes) {
      this.refuse(Denial.BodyTooLarge);
      return DataAction.StopIterationAndBuffer;
    }
    if (endOfStream && this.decideByBody()) return DataAction.Continue;
    return DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    const passes = !this.isStuck && this.decideByBody();
    return passes ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  /** No key is wanted here. */
  private passBy(): HeadersAction {
    if (this.log.wants(LogLevel.Info)) this.log.info("authorization is not required");
    this.finish();
    return HeadersAction.Continue;
  }

  /** Where no key is wanted: removes names if it has to. False: a key is wanted after all. */
  private isOpen(): bool {
    const options = this.access.auth.options;
    if (!options.stripsConsumerHeaderAlways) return true;
    if (this.root.followsRoutes) {
      requestHeaders.load();
      // A name that chose the rule would be gone when the request is sent: it must be proven.
      if (!isDefined(HIGRESS) && isMisnamed(options.consumerHeader, null)) return false;
    }
    removeNames(options.consumerHeader);
    return !this.isMoved() || !this.access.isEnforced;
  }

  /**
   * True, and takes the rule that now holds: edits of headers made the host choose another route
   * (host.md 5.3). Plain Envoy chooses too late to tell.
   */
  private isMoved(): bool {
    if (!isDefined(HIGRESS) || !this.root.followsRoutes) return false;
    const access = this.root.select();
    if (access === null || access === this.access) return false;
    this.access = access;
    return true;
  }

  /** Whose request is it, and may it come in by the rule that holds? */
  private judgeKey(): Denial {
    requestHeaders.load();
    const denial = this.identify();
    return denial == Denial.None ? this.admit() : denial;
  }

  /** Sets `key`, or says why there is none. */
  private identify(): Denial {
    if (this.root.mayReturn && this.recognise()) return Denial.None;
    const identity = this.access.auth.authenticator.identify();
    this.key = identity.key;
    switch (identity.finding) {
      case Finding.NoKey:
        return Denial.NoKey;
      case Finding.SeveralKeys:
        return Denial.SeveralKeys;
      case Finding.UnknownKey:
        this.logUnknown(identity);
        return Denial.UnknownKey;
      default:
        return Denial.None;
    }
  }

  /**
   * True, and sets `key`: the request was authenticated before an internal redirect, and its key is
   * stripped by now. A name that is none of ours is of another key-auth in the chain.
   */
  private recognise(): bool {
    const earlier = getProperty(CONSUMER_PROPERTY);
    if (earlier === null) return false;
    const split = earlier.indexOf(0x0a); // no name has a line break, a label may
    if (split < 0) return false;
    const credentials = this.access.auth.credentials;
    this.key = credentials.findLabelled(earlier.sub(0, split), earlier.sub(split + 1));
    return this.key !== null;
  }

  /** The key is known: is it valid, and may its consumer come in? */
  private admit(): Denial {
    const key = this.key;
    if (key === null) return Denial.NoKey;
    const validity = validityOf(key);
    if (validity != Denial.None) return validity;
    const consumer = key.consumer;
    if (this.name(consumer) && this.access.allows(consumer !== null ? consumer.name : null)) {
      this.policy = this.access.modelPolicy(key);
      return Denial.None;
    }
    this.logConsumer(LogLevel.Warn, key, '" is not allowed');
    return Denial.NotAllowed;
  }

  /** False: the request may not go on under this name. */
  private name(consumer: Consumer | null): bool {
    const header = this.access.auth.options.consumerHeader;
    // Plain Envoy: the rule is that of the route which the client's name chose, and stays so.
    const isBound = !isDefined(HIGRESS) && this.root.followsRoutes;
    return !(isBound && isMisnamed(header, consumer)) && nameConsumer(header, consumer);
  }

  /** Decides by the headers where they name the model, else holds the request for its body. */
  private checkModel(endOfStream: bool): HeadersAction {
    const options = this.access.auth.options;
    const path = requestHeaders.get(PATH);
    const plain = path !== null ? normalisePath(path) : null;
    if (path === null || plain === null) return this.refuse(Denial.ModelUnknown);
    if (this.isUnrestricted(plain)) return this.release();
    const inPath = modelInPath(plain);
    if (inPath !== ModelName.ABSENT) {
      const denial = this.judge(inPath);
      if (denial != Denial.None) return this.refuse(denial);
      this.isNamedByPath = true;
    }
    // Who reads the body does not look at the path: nothing may name another model.
    const told = this.modelInHeaders(path);
    if (told !== null) return this.decide(told);
    if (endOfStream || isEncoded(requestHeaders) || !options.holdsHeaders)
      return this.decide(ModelName.ABSENT);
    if (announcedLength() > options.maxBodyBytes) return this.refuse(Denial.BodyTooLarge);
    limitRequestBuffer(options.maxBodyBytes);
    return HeadersAction.StopIteration;
  }

  /** What query or the trusted header say; null: only the body can tell. */
  private modelInHeaders(path: Slice): ModelName | null {
    const header = this.access.auth.options.modelHeader;
    if (isWebSocket()) {
      const asked = modelInQuery(path);
      if (header === null || asked !== ModelName.ABSENT) return asked;
    }
    if (header === null) return null;
    const model = requestHeaders.get(header);
    return model === null ? ModelName.ABSENT : ModelName.of(model);
  }

  private isUnrestricted(path: Slice): bool {
    const method = requestMethod();
    const rules = this.access.auth.options.unrestrictedPaths;
    for (let i = 0; i < rules.length; i++) {
      if (rules[i].matches(method, path)) return true;
    }
    return false;
  }

  private decide(model: ModelName): HeadersAction {
    const denial = this.judge(model);
    return denial == Denial.None ? this.release() : this.refuse(denial);
  }

  /** The body is complete and the headers are still held. True: let the request go on. */
  private decideByBody(): bool {
    const body = requestBody.readAll();
    const type = requestHeaders.get(CONTENT_TYPE);
    const model =
      body === null ? ModelName.UNKNOWN : modelInBody(body, type === null ? NO_BYTES : type);
    const denial = this.judge(model);
    if (denial != Denial.None) {
      this.refuse(denial);
      return false;
    }
    return this.release() == HeadersAction.Continue && !this.hasReplied;
  }

  private judge(model: ModelName): Denial {
    const policy = this.policy;
    if (model.finding == ModelFinding.Ambiguous) return Denial.ModelAmbiguous;
    if (model.finding != ModelFinding.Named) {
      if (this.isNamedByPath && model.finding == ModelFinding.Absent) return Denial.None;
      return this.access.auth.options.deniesUnknownModel ? Denial.ModelUnknown : Denial.None;
    }
    return policy !== null && policy.permits(model.name) ? Denial.None : Denial.ModelNotAllowed;
  }

  /** Everything is allowed: exchange the keys and let the request go. */
  private release(): HeadersAction {
    const key = this.key;
    if (key === null) return this.refuse(Denial.NoKey);
    if (this.access.stripsCredential) {
      const denial = forward(this.access, key);
      if (denial != Denial.None) return this.refuse(denial);
    }
    this.metrics.ok.increment();
    this.logConsumer(LogLevel.Info, key, '" authenticated');
    this.finish();
    return HeadersAction.Continue;
  }

  /** The one place that answers instead of the upstream. */
  private refuse(denial: Denial): HeadersAction {
    const auth = this.access.auth;
    const format = this.access.errorFormat;
    const reply = denialReply(denial, auth.profile, auth.options.unknownKeyStatus);
    const headers = denialHeaders(auth.realm, format == ErrorFormat.OpenAi);
    this.metrics.countDenial(denial);
    if (!this.sendLocalReply(reply.status, headers, reply.body(denial, format), reply.details)) {
      return HeadersAction.StopAllIterationAndWatermark;
    }
    this.finish();
    // Hosts ignore the number after a local reply; these are the peers' own.
    return auth.profile == Profile.Go ? HeadersAction.Continue : HeadersAction.StopIteration;
  }

  private logConsumer(level: LogLevel, key: ApiKey, fate: string): void {
    const consumer = key.consumer;
    if (consumer !== null && this.log.wants(level))
      this.log.write(level, 'consumer "' + consumer.name.toString() + fate);
    if (this.log.wants(LogLevel.Debug)) this.log.debug('key "' + key.id.toString() + '"');
  }

  private logUnknown(identity: Identity): void {
    if (!this.log.wants(LogLevel.Warn)) return;
    this.log.warn("credential " + fingerprint(identity.token).toString() + " is not configured");
  }
}

function validityOf(key: ApiKey): Denial {
  const consumer = key.consumer;
  const first = consumer === null ? Verdict.Valid : consumer.validity.check();
  const second = key.validity.check();
  if (first == Verdict.Disabled || second == Verdict.Disabled) return Denial.Disabled;
  const verdict = first != Verdict.Valid ? first : second;
  if (verdict == Verdict.Valid) return Denial.None;
  return verdict == Verdict.Expired ? Denial.Expired : Denial.NotActiveYet;
}
