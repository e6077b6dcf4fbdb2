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

// In the order of `Denial`.
/** Less 400. */
const STATUSES: StaticArray<u8> = [1, 1, 3, 3, 1, 1, 1, 3, 3, 3, 13, 3];
const DETAILS: string[] = [
  "multi_key",
  "no_key",
  "unauthorized",
  "unauthorized",
  "expired_key",
  "key_not_active",
  "disabled_key",
  "model_not_allowed",
  "model_unknown",
  "model_ambiguous",
  "body_too_large",
  "no_provider_key",
];
const TEXTS: string[] = [
  "Multi Key Authentication information found.",
  "No Key Authentication information found.",
  "Unauthorized consumer.",
  "Unauthorized consumer.",
  "API key expired.",
  "API key not active yet.",
  "API key disabled.",
  "Model not allowed.",
  "Model could not be determined.",
  "Model is ambiguous.",
  "Request body too large.",
  "No provider key available.",
];

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
      .view();
  }
}

/** Headers of every denial, serialised. */
export function denialHeaders(realm: Slice, isJson: bool): Slice {
  const challenge = new Builder().appendText("Key realm=").append(realm).view();
  const headers = new PairsBuilder().add(WWW_AUTHENTICATE, challenge);
  if (isJson) headers.add(CONTENT_TYPE, JSON_TYPE);
  return headers.build();
}

/** The reply for a denial in this profile. */
export function denialReply(denial: Denial, profile: Profile, unknownKeyStatus: i32): DenialReply {
  const status = denial == Denial.UnknownKey ? unknownKeyStatus : 400 + <i32>STATUSES[denial];
  let text = TEXTS[denial];
  let details = "key-auth." + DETAILS[denial];
  if (profile == Profile.Cpp && denial <= Denial.NotAllowed) {
    // The peer knows two denials and shows them in the response details only.
    text = denial == Denial.NotAllowed ? "Unauthorized consumer" : "Invalid API key";
    details = PREFIX + text;
  }
  return new DenialReply(status, details, text);
}
