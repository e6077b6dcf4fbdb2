// What every plugin needs. The rest has entries of its own, because constants at the top level of a
// file are paid by whoever reaches it: `kit/http-client`, `kit/redis`, `kit/attributes`.
export { ConfigErrors } from "./assembly/config/errors";
export {
  readHeaderName,
  readPeerHeader,
  requireHeaderName,
  requireHeaderValue,
} from "./assembly/config/header-name";
export { configFlag, configText } from "./assembly/config/lenient";
export { OwnFields } from "./assembly/config/own-fields";
export { ConfigReader, textsOf, Tristate } from "./assembly/config/reader";
export { NOT_A_TIME, parseRfc3339, readTime } from "./assembly/config/time";
export { limitRequestBuffer, limitResponseBuffer } from "./assembly/buffer-limit";
export { announcedLength, isEncoded, isUnreadable } from "./assembly/http/body-kind";
export { findCookie } from "./assembly/http/cookie";
export { replaceHeldBody } from "./assembly/http/held-body";
export { isJson } from "./assembly/http/json-type";
export {
  findDelimiter,
  findFormField,
  formDelimiter,
  FormField,
  isMultipart,
  PartHead,
} from "./assembly/http/multipart";
export { QueryReader, QuerySyntax, withoutParameters } from "./assembly/http/query";
export { isWebSocket } from "./assembly/http/upgrade";
export { normalisePath, pathOnly, resolveSegments } from "./assembly/http/request-path";
export { leaveRequestId, PluginLog } from "./assembly/log";
export { fingerprint, isSecretHeader } from "./assembly/redact";
export { PluginRoot } from "./assembly/root";
export { chooseRouteAgain, keepRoute, settleRoute } from "./assembly/route";
export { RulePrecedence } from "./assembly/rules/matcher";
export { RequestFacts } from "./assembly/rules/request-facts";
export { appendShortHash } from "./assembly/short-hash";
export { hostOfAuthority } from "./assembly/url";
export { matchesAny, matchesWildcard } from "./assembly/wildcard";
