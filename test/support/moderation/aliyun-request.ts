import { createHash, createHmac } from "node:crypto";

/** A request to the service, as it came over the wire; names of headers in lower case. */
export interface WireRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Who may ask. */
export interface Credentials {
  id: string;
  secret: string;
  /** Of the STS; must then be sent. */
  token?: string;
}

/** What is asked about. */
export interface Asked {
  action: string;
  service: string;
  sessionId?: string;
  content?: string;
  imageUrl?: string;
  imageBase64?: string;
}

const SIGNED = [
  "content-type",
  "host",
  "x-acs-action",
  "x-acs-content-sha256",
  "x-acs-date",
  "x-acs-security-token",
  "x-acs-signature-nonce",
  "x-acs-version",
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const IMAGE_ACTION = "MultiModalGuardForBase64";
const ACTIONS = ["TextModerationPlus", "MultiModalGuard", IMAGE_ACTION];
const CALLER = "CIPFrom/AIGateway";

/**
 * What is wrong with a request in the eyes of the real service, or differs from how Higress's
 * ai-security-guard asks (its wire format, 2026-08); empty: nothing.
 */
export function faultsOf(request: WireRequest, credentials: Credentials): string[] {
  const { method, path, headers, body } = request;
  const faults: string[] = [];
  const demand = (isMet: boolean, fault: string): void => {
    if (!isMet) faults.push(fault);
  };
  demand(method === "POST", `method ${method}`);
  demand(/^\/\?Service=[\w%.~-]*$/.test(path), `path ${path}`);
  demand(headers["content-type"] === "application/x-www-form-urlencoded", "content-type");
  demand(headers["user-agent"] === CALLER, "user-agent");
  demand(headers["x-acs-version"] === "2022-03-02", "x-acs-version");
  demand(ACTIONS.includes(headers["x-acs-action"] ?? ""), "x-acs-action");
  demand(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(headers["x-acs-date"] ?? ""), "x-acs-date");
  demand(UUID.test(headers["x-acs-signature-nonce"] ?? ""), "x-acs-signature-nonce");
  demand(headers["x-acs-security-token"] === credentials.token, "x-acs-security-token");
  demand(headers["x-acs-content-sha256"] === sha256(body), "x-acs-content-sha256");
  demand(headers["authorization"] === authorization(request, credentials), "signature");
  demand(body.equals(canonicalForm(body)), "form");
  demand(isKindOf(request), "action for what is asked");
  return faults;
}

/** Images have an action of their own, and are one URL or base64. */
function isKindOf(request: WireRequest): boolean {
  const { action, content, imageUrl, imageBase64 } = askedIn(request);
  const asked = [content, imageUrl, imageBase64].filter((what) => what !== undefined);
  return asked.length === 1 && (content === undefined) === (action === IMAGE_ACTION);
}

export function askedIn({ path, headers, body }: WireRequest): Asked {
  const form = new URLSearchParams(body.toString());
  const parameters = parametersOf(form);
  const imageBase64 = form.get("ImageBase64Str");
  return {
    action: headers["x-acs-action"] ?? "",
    service: new URLSearchParams(path.slice(2)).get("Service") ?? "",
    ...(parameters.sessionId === undefined ? {} : { sessionId: parameters.sessionId }),
    ...(parameters.content === undefined ? {} : { content: parameters.content }),
    ...(parameters.imageUrls?.[0] === undefined ? {} : { imageUrl: parameters.imageUrls[0] }),
    ...(imageBase64 === null ? {} : { imageBase64 }),
  };
}

/** The header of a request that is signed right (ACS3-HMAC-SHA256). */
export function authorization(request: WireRequest, { id, secret }: Credentials): string {
  const { method, path, headers, body } = request;
  const names = SIGNED.filter((name) => headers[name] !== undefined);
  const query = [...new URLSearchParams(path.split("?")[1])]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = [method, "/", query, lines, names.join(";"), sha256(body)].join("\n");
  const signature = createHmac("sha256", secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest("hex");
  return `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names.join(";")},Signature=${signature}`;
}

interface Parameters {
  content?: string;
  imageUrls?: string[];
  sessionId?: string;
}

/** The bytes in which Higress's plugin would write the same form; no bytes: it is none. */
function canonicalForm(body: Buffer): Buffer {
  const form = new URLSearchParams(body.toString());
  const { content, imageUrls, sessionId } = parametersOf(form);
  const isText = content !== undefined;
  const json = goJson(
    isText ? { content, requestFrom: CALLER, sessionId } : { imageUrls, requestFrom: CALLER },
  );
  // What was no UTF-8 is an escape there; what was U+FFFD is not.
  const written = body.includes("%5Cufffd") ? json.replaceAll("\ufffd", "\\ufffd") : json;
  const base64 = form.get("ImageBase64Str");
  const image = base64 === null ? "" : `ImageBase64Str=${formEncode(base64)}&`;
  return Buffer.from(`${image}ServiceParameters=${formEncode(written)}`);
}

function parametersOf(form: URLSearchParams): Parameters {
  try {
    return JSON.parse(form.get("ServiceParameters") ?? "{}") as Parameters;
  } catch {
    return {};
  }
}

/** As Go's encoding/json. */
function goJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As Go's url.QueryEscape. */
function formEncode(text: string): string {
  return encode(text).replaceAll("%20", "+");
}

/** RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
