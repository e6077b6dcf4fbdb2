import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PairsBuilder } from "proxy-wasm-as";
import { CONTENT_TYPE, WWW_AUTHENTICATE } from "./names";
import { Profile } from "./profile";

/** Why a request is refused (key-auth.md 4.1). */
export const enum Denial {
  /** Not refused. */
  None = -1,
  SeveralKeys = 0,
  NoKey,
  UnknownKey,
  NotAllowed,
  Expired,
  NotActiveYet,
  Disabled,
  ModelNotAllowed,
  ModelUnknown,
  ModelAmbiguous,
  BodyTooLarge,
  NoProviderKey,
}

/** What the body of a denial looks like; the order of `error_format`. */
export const enum ErrorFormat {
  Text,
  OpenAi,
  None,
}

const PREFIX: string = "Request denied by Key Auth check. ";
const JSON_TYPE: Slice = bytes("application/json");

/** One denial on the wire: status, response details and text. */
@final
export class DenialReply {
  readonly details: Slice;
  readonly text: Slice;

  constructor(
    readonly status: i32,
    details: string,
    text: string,
  ) {
    this.details = bytes(details);
    this.text = bytes(PREFIX + text);
  }

  /** Body in the wanted format. */
  body(denial: Denial, format: ErrorFormat): Slice {
    if (format == ErrorFormat.None) return NO_BYTES;
    return format == ErrorFormat.Text ? this.text : this.openAiBody(denial);
  }

  /** The error object of the OpenAI API, so that its client libraries raise their own classes. */
  private openAiBody(denial: Denial): Slice {
    let type = "permission_error";
    let code = "consumer_not_allowed";
    if (this.status == 401) {
      type = "authentication_error";
      code = "invalid_api_key";
    } else if (this.status == 413) {
      type = "invalid_request_error";
      code = "request_too_large";
    } else if (denial >= Denial.ModelNotAllowed && denial <= Denial.ModelAmbiguous) {
      code = "model_not_allowed";
    }
    // The texts are ours and need no escaping.
    return new Builder(160)
      .appendText('{"error":{"message":"')
      .append(this.text)
      .appendText('","type":"' + type + '","param":null,"code":"' + code + '"}}')
      .toSlice();
  }
}

/** Headers of every denial, serialised. */
export function denialHeaders(realm: Slice, isJson: bool): Slice {
  const challenge = new Builder().appendText("Key realm=").append(realm).toSlice();
  const headers = new PairsBuilder().add(WWW_AUTHENTICATE, challenge);
  if (isJson) headers.add(CONTENT_TYPE, JSON_TYPE);
  return headers.build();
}

/** The reply for a denial in this profile. */
export function denialReply(denial: Denial, profile: Profile, unknownKeyStatus: i32): DenialReply {
  if (profile == Profile.Cpp) {
    // The peer knows two denials and shows them in the response details only.
    if (denial <= Denial.UnknownKey) {
      const status = denial == Denial.UnknownKey ? unknownKeyStatus : 401;
      return new DenialReply(status, PREFIX + "Invalid API key", "Invalid API key");
    }
    if (denial == Denial.NotAllowed) {
      return new DenialReply(403, PREFIX + "Unauthorized consumer", "Unauthorized consumer");
    }
  }
  switch (denial) {
    case Denial.SeveralKeys:
      return new DenialReply(
        401,
        "key-auth.multi_key",
        "Multi Key Authentication information found.",
      );
    case Denial.NoKey:
      return new DenialReply(401, "key-auth.no_key", "No Key Authentication information found.");
    case Denial.UnknownKey:
      return new DenialReply(unknownKeyStatus, "key-auth.unauthorized", "Unauthorized consumer.");
    case Denial.NotAllowed:
      return new DenialReply(403, "key-auth.unauthorized", "Unauthorized consumer.");
    case Denial.Expired:
      return new DenialReply(401, "key-auth.expired_key", "API key expired.");
    case Denial.NotActiveYet:
      return new DenialReply(401, "key-auth.key_not_active", "API key not active yet.");
    case Denial.Disabled:
      return new DenialReply(401, "key-auth.disabled_key", "API key disabled.");
    case Denial.ModelNotAllowed:
      return new DenialReply(403, "key-auth.model_not_allowed", "Model not allowed.");
    case Denial.ModelUnknown:
      return new DenialReply(403, "key-auth.model_unknown", "Model could not be determined.");
    case Denial.ModelAmbiguous:
      return new DenialReply(403, "key-auth.model_ambiguous", "Model is ambiguous.");
    case Denial.BodyTooLarge:
      return new DenialReply(413, "key-auth.body_too_large", "Request body too large.");
    default:
      return new DenialReply(403, "key-auth.no_provider_key", "No provider key available.");
  }
}
