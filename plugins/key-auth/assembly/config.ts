import { BytesTable, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, requireHeaderValue, Tristate } from "@ai-gateway-wasm/kit";
import { Credentials } from "./credentials";
import { GoAuthenticator } from "./identify-go";
import { Authenticator } from "./identity";
import { Options } from "./options";
import { Profile } from "./profile";

const DEFAULT_REALM: Slice = bytes("MSE Gateway");

/** The part of the configuration that says who is who. */
@final
export class AuthConfig {
  globalAuth: Tristate = Tristate.Unset;
  /** With `strict_config`: the names that `allow` lists may contain. */
  strictNames: BytesTable<Slice> | null = null;
  realm: Slice = DEFAULT_REALM;
  /** For a rule's own consumers: those of the whole configuration. */
  options: Options;

  constructor(
    readonly profile: Profile,
    readonly authenticator: Authenticator,
    readonly credentials: Credentials,
  ) {
    this.options = new Options(profile);
  }

  /** Reads everything but the consumers. */
  read(config: ConfigReader): void {
    this.globalAuth = config.tristate("global_auth");
    if (this.profile == Profile.Cpp && config.has("credentials"))
      this.realm = config.text("realm", DEFAULT_REALM);
    requireHeaderValue(config, "realm", this.realm);
    this.options.read(config);
  }
}

/** In place of a part that was refused: there are no keys, so nobody comes in. */
export function closedConfig(profile: Profile): AuthConfig {
  const nobody = new Credentials(NO_BYTES, null);
  return new AuthConfig(profile, new GoAuthenticator(nobody, [], [], false, null), nobody);
}
