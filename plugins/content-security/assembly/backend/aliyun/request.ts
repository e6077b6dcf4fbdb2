import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { appendForm } from "@ai-gateway-wasm/kit/percent";
import { Question } from "../../judge/backend";
import { CONTENT_TYPE } from "../../names";
import { AUTHORIZATION, POST } from "../service";
import { AccessKey, authorization, canonicalQuery, hexSha256, SortedPairs } from "./signature";

const SERVICE: Slice = bytes("Service");
const CALLER: Slice = bytes("CIPFrom/AIGateway");
const FORM: Slice = bytes("application/x-www-form-urlencoded");
const VERSION: Slice = bytes("2022-03-02");

const HOST: Slice = bytes("host");
const ACTION: Slice = bytes("x-acs-action");
const ACS_VERSION: Slice = bytes("x-acs-version");
const DATE: Slice = bytes("x-acs-date");
const NONCE: Slice = bytes("x-acs-signature-nonce");
const CONTENT_SHA256: Slice = bytes("x-acs-content-sha256");
const SECURITY_TOKEN: Slice = bytes("x-acs-security-token");
const USER_AGENT: Slice = bytes("user-agent");

/** What makes one call differ from all others. */
@final
export class Stamp {
  constructor(
    /** UTC, `yyyy-MM-ddTHH:mm:ssZ`. */
    readonly date: Slice,
    readonly nonce: Slice,
  ) {}
}

/** A call as it goes out (content-security.md 4.1), signed. @param host is signed, not sent */
export function signedRequest(
  key: AccessKey,
  host: Slice,
  action: Slice,
  service: Slice,
  body: Slice,
  stamp: Stamp,
): HttpRequest {
  const payloadHash = hexSha256(body);
  const headers = new SortedPairs()
    .add(CONTENT_TYPE, FORM)
    .add(ACTION, action)
    .add(CONTENT_SHA256, payloadHash)
    .add(DATE, stamp.date)
    .add(NONCE, stamp.nonce)
    .add(ACS_VERSION, VERSION);
  if (!key.token.isEmpty) headers.add(SECURITY_TOKEN, key.token);
  const query = new SortedPairs().add(SERVICE, service);
  const path = new Builder().appendText("/?").append(canonicalQuery(query)).view();
  const request = new HttpRequest(POST, path);
  for (let i = 0; i < headers.names.length; i++) {
    request.header(headers.names[i], headers.values[i]);
  }
  const signature = authorization(key, POST, query, headers.add(HOST, host), payloadHash);
  request.header(AUTHORIZATION, signature).header(USER_AGENT, CALLER);
  request.body = body;
  return request;
}

/** The form that asks about a text or an image. */
export function formOf(question: Question): Slice {
  const text = question.text;
  const isBase64 = question.isImage && question.isBase64;
  const out = new Builder(text.length + (text.length >> 1) + 192);
  if (isBase64) {
    appendForm(out.appendText("ImageBase64Str="), text);
    out.appendByte(0x26);
  }
  const json = new JsonWriter().openObject();
  if (!question.isImage) json.key("content").text(text);
  else if (!isBase64) json.key("imageUrls").openArray().text(text).closeArray();
  json.key("requestFrom").text(CALLER);
  if (!question.isImage) json.key("sessionId").text(question.sessionId);
  appendForm(out.appendText("ServiceParameters="), json.closeObject().toSlice());
  return out.view();
}
