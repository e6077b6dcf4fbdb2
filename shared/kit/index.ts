export { AttributeMap } from "./assembly/attribute-map";
export { AI_LOG, CUSTOM_LOG, setSpanTag, writeToLog, writeToTrace } from "./assembly/attributes";
export {
  Cluster,
  consulCluster,
  dnsCluster,
  fqdnCluster,
  kubernetesCluster,
  literalCluster,
  nacosCluster,
  NacosService,
  routeCluster,
  staticCluster,
} from "./assembly/cluster";
export { ConfigErrors } from "./assembly/config/errors";
export { ConfigReader, textsOf, Tristate } from "./assembly/config/reader";
export { NOT_A_TIME, parseRfc3339, readTime } from "./assembly/config/time";
export { hostError } from "./assembly/host-error";
export { DEFAULT_HTTP_TIMEOUT_MS, HttpClient } from "./assembly/http-client";
export { HttpRequest } from "./assembly/http-request";
export { findFormField, FormField, isMultipart } from "./assembly/http/multipart";
export { QueryReader, QuerySyntax, withoutParameters } from "./assembly/http/query";
export { normalisePath, pathOnly } from "./assembly/http/request-path";
export { PluginLog } from "./assembly/log";
export { fingerprint, isSecretHeader } from "./assembly/redact";
export { RedisCalls } from "./assembly/redis-calls";
export { RedisClient, RedisLogin } from "./assembly/redis-client";
export { RedisReply, RedisType } from "./assembly/redis-reply";
export {
  redisDecrBy,
  redisDel,
  redisEval,
  redisExpire,
  redisGet,
  redisHget,
  redisHgetAll,
  redisHincrBy,
  redisHset,
  redisIncrBy,
  redisMget,
  redisSet,
  redisSetIfAbsent,
} from "./assembly/redis-words";
export { PluginRoot } from "./assembly/root";
export { RulePrecedence } from "./assembly/rules/matcher";
export { RequestFacts } from "./assembly/rules/request-facts";
export { matchesAny, matchesWildcard } from "./assembly/wildcard";
