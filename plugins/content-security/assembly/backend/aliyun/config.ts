import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Cluster, fqdnCluster, HttpClient, literalCluster } from "@ai-gateway-wasm/kit/http-client";
import { Doubts } from "../../doubts";
import { Phase } from "../../judge/backend";
import { ownFlag } from "../../own-fields";
import { AccessKey } from "./signature";

const DEFAULT_TIMEOUT_MS: i64 = 2000;

export const TEXT_MODERATION: Slice = bytes("TextModerationPlus");
export const MULTI_MODAL: Slice = bytes("MultiModalGuard");
export const MULTI_MODAL_BASE64: Slice = bytes("MultiModalGuardForBase64");

/** `action` is the one that knows texts alone; without one it is, too. */
export function isTextModeration(config: ConfigReader): bool {
  return config.text("action", TEXT_MODERATION).equals(TEXT_MODERATION);
}

/** Those that know dimensions: `…Action`s mean something to them. */
export function knowsDimensions(config: ConfigReader): bool {
  const action = config.text("action");
  return action.equals(MULTI_MODAL) || action.equals(MULTI_MODAL_BASE64);
}

/** Names of the cloud's services, by what is judged (content-security.md 2.2). */
@final
export class Services {
  private readonly request: Slice;
  private readonly requestImage: Slice;
  private readonly response: Slice;
  private readonly responseImage: Slice;

  /** @param action decides about the names that nobody configured */
  constructor(config: ConfigReader, action: Slice) {
    const isText = action.equals(TEXT_MODERATION);
    const isMulti = action.equals(MULTI_MODAL);
    const request = isText ? "llm_query_moderation" : isMulti ? "query_security_check" : "";
    const response = isText ? "llm_response_moderation" : isMulti ? "response_security_check" : "";
    const image = isMulti ? "img_query_security_check" : "";
    this.request = config.text("requestCheckService", bytes(request));
    this.requestImage = config.text("requestImageCheckService", bytes(image));
    this.response = config.text("responseCheckService", bytes(response));
    this.responseImage = config.text("responseImageCheckService");
  }

  /** May be empty: nobody named one. */
  of(phase: Phase, isImage: bool): Slice {
    if (phase == Phase.Request) return isImage ? this.requestImage : this.request;
    return isImage ? this.responseImage : this.response;
  }
}

/** How the cloud is reached and asked (content-security.md 2.1, 2.2). */
@final
export class AliyunConfig {
  readonly client: HttpClient;
  /** Sent as `:authority` and signed. */
  readonly host: Slice;
  readonly key: AccessKey;
  /** Whatever was configured; of words other than the two nothing is known. */
  readonly action: Slice;
  readonly services: Services;
  readonly submitsEmpty: bool;

  constructor(config: ConfigReader, doubts: Doubts) {
    const host = config.text("serviceHost");
    const action = config.text("action", TEXT_MODERATION);
    this.client = readClient(config, host);
    this.host = host;
    this.key = readKey(config);
    this.action = action;
    if (!action.equals(TEXT_MODERATION) && !action.equals(MULTI_MODAL)) {
      doubts.note(config, "action", "is unknown, so Alibaba Cloud checks nothing");
    }
    this.services = new Services(config, action);
    this.submitsEmpty = ownFlag(config, "submitEmptyContent", true);
  }
}

/** Without bounds, as the peer: 0 waits for ever. */
function readClient(config: ConfigReader, host: Slice): HttpClient {
  const cluster = findCluster(config, host);
  if (cluster === null || host.isEmpty) refuse(config, "invalid service config");
  const timeoutMs = <i32>config.integer("timeout", DEFAULT_TIMEOUT_MS);
  return new HttpClient(cluster === null ? literalCluster(host) : cluster, timeoutMs);
}

/** `cluster` is ours: what the operator of a plain Envoy named it. */
function findCluster(config: ConfigReader, host: Slice): Cluster | null {
  const name = config.text("cluster");
  if (!name.isEmpty) return literalCluster(name, host);
  const service = config.text("serviceName");
  const port = <i32>config.integer("servicePort", 0);
  return service.isEmpty || port == 0 ? null : fqdnCluster(service, port, host);
}

function readKey(config: ConfigReader): AccessKey {
  const id = config.text("accessKey");
  const secret = config.text("secretKey");
  if (id.isEmpty || secret.isEmpty) refuse(config, "invalid AK/SK config");
  return new AccessKey(id, secret, config.text("securityToken"));
}

/** In the peer's words; of a back end in a list with its place. */
function refuse(config: ConfigReader, message: string): void {
  const path = config.path;
  config.refuseWith(path.length == 0 ? message : path + ": " + message);
}
