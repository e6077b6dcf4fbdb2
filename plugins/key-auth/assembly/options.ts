import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, requireHeaderName } from "@ai-gateway-wasm/kit";
import { ModelLists } from "./models";
import { CONSUMER_HEADER } from "./names";
import { PathRule, readPathRules } from "./path-rules";
import { Profile } from "./profile";
import { Provider, readProviders } from "./provider-keys";
import { ErrorFormat } from "./replies";

const ERROR_FORMATS: string[] = ["text", "openai", "none"];
const DENY_OR_PASS: string[] = ["deny", "pass"];
const MODEL_HEADER: Slice = bytes("x-higress-llm-model");
const DEFAULT_PATHS: Slice[] = [bytes("GET /v1/models")];

/** What is done with requests, whoever sent them, and the defaults (key-auth.md 2.5). */
@final
export class Options {
  consumerHeader: Slice = CONSUMER_HEADER;
  /** Remove the consumer header of requests that are not authenticated, too. */
  stripsConsumerHeaderAlways: bool = false;
  forwardsCredential: bool = true;
  errorFormat: ErrorFormat = ErrorFormat.Text;
  unknownKeyStatus: i32 = 403;
  provider: Slice | null = null;
  providers: Provider[] = [];
  deniesMissingProviderKey: bool = true;
  models: ModelLists | null = null;
  deniesUnknownModel: bool = true;
  unrestrictedPaths: PathRule[] = [];
  /** Trust this header instead of reading the body; null: read the body. */
  modelHeader: Slice | null = null;
  maxBodyBytes: i64 = 10485760;
  /** False: headers cannot be held for the body (host.md 6.6, `body_phase: stream_headers`). */
  holdsHeaders: bool = true;

  constructor(profile: Profile) {
    if (profile == Profile.Cpp) {
      this.errorFormat = ErrorFormat.None;
      this.unknownKeyStatus = 401;
    }
  }

  /** Reads all of them; the initial values are the defaults. */
  read(config: ConfigReader): void {
    this.consumerHeader = requireHeaderName(config, "consumer_header", CONSUMER_HEADER);
    this.stripsConsumerHeaderAlways =
      config.choice("strip_consumer_header", ["auth_only", "always"], 0) == 1;
    this.forwardsCredential = config.strictFlag("forward_credential", true);
    this.errorFormat = readErrorFormat(config, this.errorFormat);
    const status = this.unknownKeyStatus == 401 ? 0 : 1;
    this.unknownKeyStatus = 401 + 2 * config.choice("unknown_key_status", ["401", "403"], status);
    this.provider = readProvider(config);
    this.providers = readProviders(config);
    this.deniesMissingProviderKey = config.choice("on_missing_provider_key", DENY_OR_PASS, 0) == 0;
    this.readModelOptions(config);
  }

  private readModelOptions(config: ConfigReader): void {
    this.models = ModelLists.read(config);
    this.deniesUnknownModel = config.choice("on_unknown_model", DENY_OR_PASS, 0) == 0;
    const paths = config.optionalTexts("unrestricted_paths");
    this.unrestrictedPaths = readPathRules(paths === null ? DEFAULT_PATHS : paths);
    for (let i = 0; i < this.unrestrictedPaths.length; i++) {
      if (this.unrestrictedPaths[i].isPath) continue;
      config.refuseElement("unrestricted_paths", i, "must be a path or a method and a path");
    }
    if (config.choice("model_source", ["body", "header"], 0) == 1) {
      this.modelHeader = requireHeaderName(config, "model_header", MODEL_HEADER);
    }
    this.maxBodyBytes = config.integer("max_body_bytes", 10485760, 1, i32.MAX_VALUE);
    this.holdsHeaders =
      config.choice("body_phase", ["auto", "hold_headers", "stream_headers"], 0) != 2;
  }
}

/** Reads a rule's or the global `provider`; null when it names none. */
export function readProvider(config: ConfigReader): Slice | null {
  const name = config.text("provider");
  return name.isEmpty ? null : name;
}

/** Reads a rule's or the global `error_format`. */
export function readErrorFormat(config: ConfigReader, fallback: ErrorFormat): ErrorFormat {
  return <ErrorFormat>config.choice("error_format", ERROR_FORMATS, fallback);
}
