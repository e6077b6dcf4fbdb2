import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { chooseRouteAgain, isWebSocket, limitRequestBuffer, PluginLog } from "@ai-gateway-wasm/kit";
import { AttributeMap, writeToLog } from "@ai-gateway-wasm/kit/attributes";
import { AMBIGUOUS_MODEL, isHeaderSafe, ModelField, ModelPlace } from "@ai-gateway-wasm/llm/model";
import {
  DataAction,
  getProperty,
  HeadersAction,
  HttpContext,
  LogLevel,
  requestHeaders,
  responseHeaders,
  setProperty,
  TrailersAction,
} from "proxy-wasm-as";
import { ModelBody } from "./body";
import { RouterConfig } from "./config";
import { Metrics } from "./metrics";
import {
  FALLBACK_HEADER,
  MODEL_ATTRIBUTE,
  MODEL_HEADER,
  PATH,
  SPLIT_PROPERTY,
  VARIANT_ATTRIBUTE,
} from "./names";
import { AMBIGUOUS_DETAILS, replyHeaders } from "./replies";
import { Choice } from "./split/choice";
import { SplitRequest } from "./split/request";
import { Target } from "./target";
import { lastUserMessage } from "./user-message";

/**
 * One request:
 *
 *   headers ─► a path of ours, a body that can be read? ─no─► passes
 *                 │yes
 *                 └─► held until the model is known, or the body complete ─► headers, route, body
 */
@final
export class ModelRouter extends HttpContext {
  /** Null: it is not read. */
  private body: ModelBody | null = null;
  /** The variant that the client wants; null: none, or one that it may not want. */
  private forced: Slice | null = null;
  /** The variant that the client is told, in the response header for it; null: none. */
  private told: Slice | null = null;

  constructor(
    id: u32,
    private readonly config: RouterConfig,
    private readonly log: PluginLog,
    private readonly metrics: Metrics,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    const config = this.config;
    const path = requestHeaders.get(PATH);
    const isOurs = path !== null && !endOfStream && config.paths.matches(path) && !isWebSocket();
    const isFallback = config.split !== null && isSentAgain();
    if (isOurs && !isFallback) {
      this.body = ModelBody.announced(config.key, config.readsForms, config.scansEarly);
      if (this.body === null) this.metrics.unparsed.increment();
    }
    if (isFallback) this.keepVariant();
    else this.takeClientHeaders();
    if (this.body === null) {
      this.finishRequest();
      return HeadersAction.Continue;
    }
    limitRequestBuffer(config.maxBodyBytes);
    return HeadersAction.StopIteration;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    return this.goesOn(endOfStream) ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    return this.goesOn(true) ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    const split = this.config.split;
    const variant = this.told;
    if (split !== null && variant !== null) responseHeaders.set(split.responseHeader, variant);
    this.finish();
    return HeadersAction.Continue;
  }

  /** Nothing of the request is of interest any more; of the response, if the variant is to be told. */
  private finishRequest(): void {
    if (this.told === null) this.finish();
  }

  /** The first pass has chosen: nothing of it is touched. */
  private keepVariant(): void {
    const split = this.config.split;
    if (split === null || split.responseHeader.isEmpty || split.tagHeader.isEmpty) return;
    const variant = requestHeaders.get(split.tagHeader);
    if (variant !== null) this.told = variant.copy();
  }

  /** Reads the wish for a variant, and removes what only this plugin may say. */
  private takeClientHeaders(): void {
    const split = this.config.split;
    if (split !== null && !split.overrideHeader.isEmpty) {
      const wanted = requestHeaders.get(split.overrideHeader);
      if (wanted !== null && split.mayForce(wanted)) this.forced = wanted.copy();
    }
    const names = this.config.strippedHeaders;
    for (let i = 0; i < names.length; i++) requestHeaders.remove(names[i]);
    if (split !== null && !split.overrideHeader.isEmpty)
      requestHeaders.remove(split.overrideHeader);
  }

  /** More of the body has come. False: the request stays where it is. */
  private goesOn(isComplete: bool): bool {
    if (this.isStuck) return false;
    const body = this.body;
    if (body === null) return true;
    const early = body.readEarly();
    if (early !== null && !this.needsAll(early)) return this.route(body, early);
    return isComplete && this.route(body, this.read(body));
  }

  /** True when what a body says of its model is not enough: its messages decide. */
  private needsAll(field: ModelField): bool {
    const auto = this.config.autoRouting;
    return auto !== null && field.root !== null && auto.isAskedFor(trim(field.name));
  }

  /** The body is complete. Null: there is nothing that could name a model. */
  private read(body: ModelBody): ModelField | null {
    const field = body.read();
    const isUnreadable = field !== null && field.place == ModelPlace.Unreadable;
    if (isUnreadable) this.log.error(body.isForm ? "invalid multipart body" : "invalid json body");
    if (isUnreadable || body.isUntyped) this.metrics.unparsed.increment();
    return field;
  }

  /** Nothing more of the body is needed, and the headers are still held. False: it was answered. */
  private route(body: ModelBody, field: ModelField | null): bool {
    const split = this.config.split;
    if (split !== null) requestHeaders.load();
    if (field !== null) {
      const isRefused = field.isAmbiguous && (this.config.refusesAmbiguous || field.isFlood);
      if (isRefused) return this.refuse();
      const target = field.place == ModelPlace.Name ? this.aim(field) : null;
      if (target !== null) this.send(body, field, target);
      else this.keep(body, field);
    }
    this.body = null;
    this.finishRequest();
    return true;
  }

  /** What the request is to become; null: it stays as it is. */
  private aim(field: ModelField): Target | null {
    const config = this.config;
    const asked = trim(field.name);
    if (asked.isEmpty) return null;
    const target = new Target(asked);
    const auto = config.autoRouting;
    if (auto !== null && auto.isAskedFor(asked)) {
      const root = field.root;
      const chosen = auto.choose(root === null ? NO_BYTES : lastUserMessage(root));
      if (chosen === null) return null;
      target.chosen = chosen;
      target.model = chosen;
    }
    const split = config.split;
    if (split !== null) {
      const header = split.consumerHeader;
      const request = new SplitRequest(target.model, this.forced, field.root, header, split.paths);
      const choice = split.choose(request);
      target.choice = choice;
      if (choice !== null) target.model = choice.variant.map(target.model);
      if (choice !== null) target.provider = choice.variant.provider;
    }
    const mapping = config.mapping;
    if (mapping !== null) target.model = mapping.map(target.model);
    if (isHeaderSafe(asked) && isHeaderSafe(target.model)) return target;
    this.log.warn("model name not usable as header");
    return null;
  }

  /** The name is none, or one for no route: what was read here is what the upstream reads, too. */
  private keep(body: ModelBody, field: ModelField): void {
    if (field.isAmbiguous) body.write(field, field.unify());
    const header = this.config.modelHeader;
    if (field.place != ModelPlace.Name || !body.isForm || header.isEmpty) return;
    if (!trim(field.name).isEmpty) return;
    // The peer tells an empty name, of a form only.
    requestHeaders.set(header, NO_BYTES);
    chooseRouteAgain();
  }

  /** Sets the headers that routes look at, has the route chosen again, writes the body. */
  private send(body: ModelBody, field: ModelField, target: Target): void {
    const config = this.config;
    const hasModelHeader = !config.modelHeader.isEmpty;
    if (hasModelHeader) requestHeaders.set(config.modelHeader, target.model);
    const isAuto = target.chosen !== null;
    if (isAuto) requestHeaders.set(MODEL_HEADER, target.model);
    const model = this.setProvider(target);
    let setsHeader = hasModelHeader || isAuto || !target.provider.isEmpty;
    const choice = target.choice;
    if (choice !== null) {
      this.announce(choice, target.asked, model);
      setsHeader = true;
    }
    if (!model.equals(target.asked)) body.write(field, field.rename(model));
    else if (field.isAmbiguous) body.write(field, field.unify());
    if (setsHeader) chooseRouteAgain();
  }

  /** Names the provider, if there is one. @returns what the body is to say */
  private setProvider(target: Target): Slice {
    const config = this.config;
    const isNamed = !target.provider.isEmpty;
    if (config.providerHeader.isEmpty || (target.isChosen && !isNamed)) return target.model;
    let model = isNamed ? target.model : target.cutProvider();
    if (!target.provider.isEmpty) {
      requestHeaders.set(config.providerHeader, target.provider);
      if (config.keepsFullName) model = target.model;
    }
    this.noteProvider(target, model);
    return model;
  }

  /** Tells the route table, the filters behind, the metrics and the log about the variant. */
  private announce(choice: Choice, from: Slice, to: Slice): void {
    const split = this.config.split;
    if (split === null) return;
    const variant = choice.variant;
    setUnlessEmpty(split.tagHeader, variant.name);
    setUnlessEmpty(split.ruleHeader, choice.rule.name);
    if (!variant.cluster.isEmpty) requestHeaders.set(split.clusterHeader, variant.cluster);
    for (let i = 0; i < variant.headers.length; i++) {
      requestHeaders.set(variant.headers[i].name, variant.headers[i].value);
    }
    variant.chosen.increment();
    setProperty(SPLIT_PROPERTY, choice.describe(from, to));
    if (isDefined(HIGRESS)) {
      const attributes = new AttributeMap();
      attributes.setText(VARIANT_ATTRIBUTE, variant.name);
      attributes.setText(MODEL_ATTRIBUTE, from);
      writeToLog(this.log, attributes);
    }
    const sticky = choice.rule.sticky;
    if (sticky !== null && sticky.takeWarning()) {
      this.log.warn(
        "split rule " +
          choice.rule.name.toString() +
          ": no request had a consumer so far; this plugin may stand before authentication",
      );
    }
    if (!split.responseHeader.isEmpty) this.told = variant.name;
  }

  private noteProvider(target: Target, model: Slice): void {
    if (!this.log.wants(LogLevel.Debug)) return;
    const name = model.toString();
    if (target.provider.isEmpty) {
      this.log.debug("model route to provider not work, model: " + name);
    } else {
      const provider = target.provider.toString();
      this.log.debug("model route to provider: " + provider + ", model: " + name);
    }
  }

  private refuse(): bool {
    if (this.sendLocalReply(400, replyHeaders(), AMBIGUOUS_MODEL, AMBIGUOUS_DETAILS)) this.finish();
    return false;
  }
}

/** A fallback of Higress comes back to its filters: the first pass has decided, and left a note. */
function isSentAgain(): bool {
  if (requestHeaders.get(FALLBACK_HEADER) === null) return false;
  return getProperty(SPLIT_PROPERTY) !== null;
}

function setUnlessEmpty(header: Slice, value: Slice): void {
  if (!header.isEmpty) requestHeaders.set(header, value);
}
