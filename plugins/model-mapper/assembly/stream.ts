import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import {
  isMultipart,
  isUnreadable,
  isWebSocket,
  keepRoute,
  limitRequestBuffer,
  PluginLog,
  replaceHeldBody,
} from "@ai-gateway-wasm/kit";
import {
  AMBIGUOUS_MODEL,
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
  PairsBuilder,
  requestBody,
  requestHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { MapperConfig } from "./config";
import { AMBIGUOUS_DETAILS, CONTENT_LENGTH, CONTENT_TYPE, JSON_TYPE, PATH } from "./names";

/**
 * One request: its body is held until it is complete, then the name of its model is replaced by
 * what the table says. The route stays what it was.
 */
@final
export class ModelMapper extends HttpContext {
  private isForm: bool = false;
  /** As the headers said; only kept for a form, whose boundary it has. */
  private contentType: Slice = NO_BYTES;

  constructor(
    id: u32,
    private readonly config: MapperConfig,
    private readonly log: PluginLog,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    const config = this.config;
    const path = requestHeaders.get(PATH);
    if (path === null || endOfStream || !config.paths.matches(path) || !this.canRead()) {
      this.finish();
      return HeadersAction.Continue;
    }
    keepRoute();
    limitRequestBuffer(config.maxBodyBytes);
    if (config.holdsHeaders) return HeadersAction.StopIteration;
    requestHeaders.remove(CONTENT_LENGTH); // nothing can correct it later
    return HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    return this.map() ? DataAction.Continue : DataAction.StopIterationNoBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    return this.map() ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  /** What the type says is not asked: requests without one are mapped, too. */
  private canRead(): bool {
    if (isWebSocket() || isUnreadable(requestHeaders)) return false;
    const type = requestHeaders.get(CONTENT_TYPE);
    if (type !== null && isMultipart(type)) {
      this.isForm = this.config.mapsForms;
      this.contentType = type.copy();
    }
    return true;
  }

  /** The body is complete. False: it was answered. */
  private map(): bool {
    this.finish();
    const body = requestBody.readAll();
    if (body === null || body.isEmpty) return true;
    const key = this.config.key;
    const field = this.isForm
      ? readFormModel(body, this.contentType, key)
      : readJsonModel(body, key);
    if (field.place == ModelPlace.Unreadable) {
      this.log.error(this.isForm ? "invalid multipart body" : "invalid json body");
      return true;
    }
    if (field.isFlood) return this.refuse();
    const asked = this.isForm ? trim(field.name) : field.name;
    const model = this.modelFor(field, asked);
    this.tell(model);
    if (!model.isEmpty && !model.equals(asked)) this.write(field, asked, model);
    else if (field.isAmbiguous) replaceHeldBody(body, field.end, field.unify());
    return true;
  }

  /** The name cannot be written into all its places. @returns false */
  private refuse(): bool {
    const headers = new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
    this.sendLocalReply(400, headers, AMBIGUOUS_MODEL, AMBIGUOUS_DETAILS);
    return false;
  }

  /** A form without a model stays without one; JSON is told what `*` says, be it an object or not. */
  private modelFor(field: ModelField, asked: Slice): Slice {
    const mapping = this.config.mapping;
    const isBare = this.isForm && field.place == ModelPlace.Missing;
    return mapping === null || isBare ? asked : mapping.find(asked);
  }

  /**
   * Also an empty name is told, be it the body's or the target of an entry that keeps a name: so does
   * the peer, and nothing that a client says in that header lives on beside a body that was read.
   */
  private tell(model: Slice): void {
    const header = this.config.modelHeader;
    if (header === null || !this.config.holdsHeaders) return;
    if (!isHeaderSafe(model)) {
      requestHeaders.remove(header);
      this.log.warn("model name not usable as header");
      return;
    }
    requestHeaders.set(header, model);
    if (this.log.wants(LogLevel.Debug)) {
      this.log.debug("set header " + header.toString() + ": " + model.toString());
    }
  }

  private write(field: ModelField, asked: Slice, model: Slice): void {
    if (!this.replace(field, model) || !this.log.wants(LogLevel.Debug)) return;
    this.log.debug("model mapped, before: " + asked.toString() + ", after: " + model.toString());
  }

  private replace(field: ModelField, model: Slice): bool {
    const body = field.body;
    if (field.place != ModelPlace.Missing) {
      return replaceHeldBody(body, field.end, field.rename(model));
    }
    const added = field.add(this.config.key, model);
    return added !== null && replaceHeldBody(body, body.length, added);
  }
}
