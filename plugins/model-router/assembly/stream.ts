import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import {
  chooseRouteAgain,
  isJson,
  isMultipart,
  isUnreadable,
  isWebSocket,
  limitRequestBuffer,
  PluginLog,
  replaceHeldBody,
} from "@ai-gateway-wasm/kit";
import {
  isHeaderSafe,
  ModelField,
  ModelPlace,
  readFormModel,
  readJsonModel,
} from "@ai-gateway-wasm/llm/model";
import {
  DataAction,
  HeadersAction,
  HttpContext,
  LogLevel,
  requestBody,
  requestHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { RouterConfig } from "./config";
import { Metrics } from "./metrics";
import { CONTENT_TYPE, MODEL_HEADER, PATH } from "./names";
import { AMBIGUOUS_BODY, AMBIGUOUS_DETAILS, replyHeaders } from "./replies";
import { Target } from "./target";
import { lastUserMessage } from "./user-message";

/**
 * One request:
 *
 *   headers ─► a path of ours, a body that can be read? ─no─► passes
 *                 │yes
 *                 └─► held until the body is complete ─► which model? ─► headers, route, body
 */
@final
export class ModelRouter extends HttpContext {
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
    const stripped = this.config.strippedHeaders;
    const path = requestHeaders.get(PATH);
    const isOurs = path !== null && !endOfStream && this.config.paths.matches(path);
    if (isOurs && !isWebSocket()) {
      if (this.canRead()) {
        limitRequestBuffer(this.config.maxBodyBytes);
        this.strip(stripped);
        return HeadersAction.StopIteration;
      }
      this.metrics.unparsed.increment();
    }
    this.strip(stripped);
    this.finish();
    return HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (!endOfStream || this.isStuck) return DataAction.StopIterationAndBuffer;
    return this.route() ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    const passes = !this.isStuck && this.route();
    return passes ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  private strip(names: Slice[]): void {
    for (let i = 0; i < names.length; i++) requestHeaders.remove(names[i]);
  }

  private canRead(): bool {
    if (isUnreadable(requestHeaders)) return false;
    const type = requestHeaders.get(CONTENT_TYPE);
    return type !== null && (isJson(type) || (this.config.readsForms && isMultipart(type)));
  }

  /** The body is complete, and the headers are still held. False: the request was answered. */
  private route(): bool {
    requestHeaders.load();
    const field = this.readModel();
    if (field !== null) {
      if (field.isAmbiguous && this.config.refusesAmbiguous) return this.refuse();
      const target = this.aim(field);
      if (target !== null) this.send(field, target);
    }
    this.finish();
    return true;
  }

  /** Where the body names its model, or null when there is nothing to do. */
  private readModel(): ModelField | null {
    const body = requestBody.readAll();
    if (body === null || body.isEmpty) return null;
    const found = requestHeaders.get(CONTENT_TYPE);
    const type = found === null ? NO_BYTES : found;
    const isForm = !isJson(type);
    const key = this.config.key;
    const field = isForm ? readFormModel(body, type, key) : readJsonModel(body, key);
    if (field.place == ModelPlace.Unreadable) {
      this.log.error(isForm ? "invalid multipart body" : "invalid json body");
      this.metrics.unparsed.increment();
    }
    return field.place == ModelPlace.Name ? field : null;
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
      target.isAuto = true;
      target.model = chosen;
    }
    const mapping = config.mapping;
    if (mapping !== null) target.model = mapping.map(target.model);
    if (isHeaderSafe(asked) && isHeaderSafe(target.model)) return target;
    this.log.warn("model name not usable as header");
    return null;
  }

  /** Sets the headers that routes look at, has the route chosen again, writes the body. */
  private send(field: ModelField, target: Target): void {
    const config = this.config;
    let model = target.model;
    let setsHeader = target.isAuto || !config.modelHeader.isEmpty;
    if (!config.modelHeader.isEmpty) requestHeaders.set(config.modelHeader, model);
    if (target.isAuto) {
      requestHeaders.set(MODEL_HEADER, model);
    } else if (!config.providerHeader.isEmpty) {
      model = target.cutProvider();
      if (!target.provider.isEmpty) {
        requestHeaders.set(config.providerHeader, target.provider);
        setsHeader = true;
        if (config.keepsFullName) model = target.model;
      }
      this.noteProvider(target, model);
    }
    if (!model.equals(trim(field.name))) replaceHeldBody(field.body, field.end, field.rename(model));
    else if (field.isAmbiguous) replaceHeldBody(field.body, field.end, field.unify());
    if (setsHeader) chooseRouteAgain();
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
    if (this.sendLocalReply(400, replyHeaders(), AMBIGUOUS_BODY, AMBIGUOUS_DETAILS)) this.finish();
    return false;
  }
}
