import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, BytesTable, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { HmacSha256, sha256Once } from "@ai-gateway-wasm/crypto";
import { ConfigReader, configText, PluginLog } from "@ai-gateway-wasm/kit";
import { environmentVariable } from "proxy-wasm-as";
import { AuthConfig } from "./config";
import { ApiKey } from "./consumers";
import { ConsumersParser, HMAC_SHA256 } from "./consumers-parser";
import { Credentials } from "./credentials";
import { CppAuthenticator } from "./identify-cpp";
import { GoAuthenticator } from "./identify-go";
import { Authenticator } from "./identity";
import { ORIGINAL_AUTH, ORIGINAL_AUTH_KEY } from "./names";
import { namesProfile, Profile } from "./profile";
import { SchemeStripping, Source } from "./sources";
import {
  distinctNames,
  readGlobalSources,
  readStripping,
  refuseEmptyNames,
  sourcesOf,
} from "./sources-parser";

const BEARER: Slice = bytes("Bearer");
const PEPPER_ENV: Slice = bytes("KEY_AUTH_PEPPER");

/** Reads a global part, or a rule's own in profile cpp, with the checks in the peer's order. */
@final
export class AuthParser {
  private readonly credentials: Credentials;
  private readonly hasPepper: bool;
  private strictNames: BytesTable<Slice> | null = null;

  constructor(
    private readonly config: ConfigReader,
    /** The whole document, for the fields that hold everywhere (key-auth.md 2.5). */
    private readonly global: ConfigReader,
    private readonly profile: Profile,
    private readonly log: PluginLog,
  ) {
    const pepper = readPepper(config, global);
    this.hasPepper = pepper !== null;
    this.credentials = new Credentials(global.text("authorization_type", BEARER), pepper);
  }

  /** Null when the reader noted an error. */
  parse(): AuthConfig | null {
    const authenticator = this.profile == Profile.Go ? this.readGo() : this.readCpp();
    if (authenticator === null || this.config.errors.any) return null;
    const auth = new AuthConfig(this.profile, authenticator, this.credentials);
    auth.strictNames = this.strictNames;
    auth.read(this.config);
    if (this.config.errors.any) return null;
    if (this.credentials.shortCount > 0) {
      this.log.warn(
        decimal(this.credentials.shortCount) + " credentials have less than 16 characters",
      );
    }
    return auth;
  }

  private readGo(): Authenticator | null {
    const config = this.config;
    const names = this.readNames();
    if (!config.has("in_query") && !config.has("in_header") && !config.errors.any) {
      config.refuseWith("must one of in_query/in_header required");
      if (!namesProfile(this.global)) this.log.warn("set compat: cpp for the C++ key-auth");
    }
    if (!config.has("consumers")) config.refuseWith("consumers is required");
    if (config.isEmpty("consumers")) config.refuseWith("consumers cannot be empty");
    if (config.errors.any) return null;
    const stripping = readStripping(config);
    this.readConsumers(stripping, false);
    return new GoAuthenticator(
      this.credentials,
      config.flag("in_header") ? this.headersOf(names, stripping) : [],
      config.flag("in_query") ? distinctNames(names, false) : [],
      config.strictFlag("query_fallback", false),
      config.strictFlag("trust_original_auth", false)
        ? new Source(ORIGINAL_AUTH, true, false, stripping)
        : null,
    );
  }

  /** Profile go: `keys`, which must be there. */
  private readNames(): Slice[] {
    const config = this.config;
    if (!config.has("keys")) config.refuseWith("keys is required");
    const names = config.texts("keys");
    if (names.length == 0) config.refuseWith("keys cannot be empty");
    if (config.strictFlag("strict_config", false)) refuseEmptyNames(config, names);
    return names;
  }

  private headersOf(names: Slice[], stripping: SchemeStripping): Source[] {
    const distinct = distinctNames(names, true);
    if (distinct.length < names.length) {
      this.log.warn("keys: empty and repeated header names are ignored");
    }
    // Without a name there is still a header that is never there: the query is not looked at.
    if (distinct.length == 0) distinct.push(NO_BYTES);
    return sourcesOf(distinct, true, false, stripping);
  }

  private readCpp(): Authenticator | null {
    const config = this.config;
    const isAnonymous = config.has("credentials");
    if (isAnonymous && config.has("consumers")) {
      config.refuseWith(
        "The consumers field and the credentials field cannot appear at the same level",
      );
    } else if (!isAnonymous && !config.has("consumers")) {
      config.refuseWith("No consumers and no credentials");
    }
    if (config.errors.any) return null;
    const trustsOriginalAuth = this.global.strictFlag("trust_original_auth", true);
    const stripping = readStripping(this.global);
    const sources = readGlobalSources(config, stripping);
    if (this.global.strictFlag("strict_config", false))
      refuseEmptyNames(config, config.texts("keys"));
    if (!isAnonymous) {
      const parser = this.readConsumers(stripping, trustsOriginalAuth);
      if (parser.anyUsesGlobalSources) this.checkFlags();
      return new CppAuthenticator(this.credentials, sources, parser.consumers);
    }
    if (sources.length == 0) {
      config.refuseWith("at least one key has to be configured for a rule.");
      return null;
    }
    this.checkFlags();
    this.readAnonymous(config.list("credentials"));
    if (trustsOriginalAuth) {
      const flags = sources[0];
      sources.push(new Source(ORIGINAL_AUTH_KEY, flags.inHeader, flags.inQuery, stripping));
    }
    return new CppAuthenticator(this.credentials, sources, []);
  }

  private readConsumers(stripping: SchemeStripping, trustsOriginalAuth: bool): ConsumersParser {
    const parser = new ConsumersParser(
      this.profile,
      this.credentials,
      this.hasPepper,
      stripping,
      trustsOriginalAuth,
    );
    parser.readAll(this.config);
    if (this.global.strictFlag("strict_config", false)) this.strictNames = parser.names();
    return parser;
  }

  private checkFlags(): void {
    if (this.config.flag("in_header", true) || this.config.flag("in_query", true)) return;
    this.config.refuseWith("at least one of 'in_query' and 'in_header' must set to true");
  }

  /** Profile cpp, `credentials` at the top: whoever knows one comes in, without a name. */
  private readAnonymous(values: JsonValue[]): void {
    for (let i = 0; i < values.length; i++) {
      const text = configText(values[i]);
      if (text.isEmpty || this.credentials.sameText(text) !== null) continue;
      this.credentials.addText(text, new ApiKey(null, sha256Once(text)));
    }
  }
}

/** The HMAC key for `hmac-sha256` entries; the environment is only read when there is one. */
function readPepper(config: ConfigReader, global: ConfigReader): HmacSha256 | null {
  if (config.value.raw.find(HMAC_SHA256) < 0) return null;
  const value = environmentVariable(global.text("hash_pepper_env", PEPPER_ENV));
  return value === null || value.isEmpty ? null : new HmacSha256(value);
}
