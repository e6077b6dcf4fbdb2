import { Builder, NO_BYTES, Slice, parseInteger } from "@ai-gateway-wasm/bytes";
import { AttributeMap } from "@ai-gateway-wasm/kit/assembly/attribute-map";
import {
  Cluster,
  NacosService,
  consulCluster,
  dnsCluster,
  fqdnCluster,
  kubernetesCluster,
  literalCluster,
  nacosCluster,
  staticCluster,
} from "@ai-gateway-wasm/kit/assembly/cluster";
import { fingerprint, isSecretHeader } from "@ai-gateway-wasm/kit/assembly/redact";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import {
  decimal,
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
} from "@ai-gateway-wasm/kit/assembly/redis-words";
import { encodeCommand, parseReply } from "@ai-gateway-wasm/kit/assembly/resp";
import { parseUrl } from "@ai-gateway-wasm/kit/assembly/url";
import { answer, answerBuilder, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** `parseUrl`: host, a blank, path; or null. */
export function url(): void {
  const found = parseUrl(argument(0));
  if (found === null) return answer(null);
  answerBuilder().append(found.host).appendByte(0x20).append(found.path);
}

function number(index: i32): i64 {
  return parseInteger(argument(index));
}

function answerCluster(cluster: Cluster): void {
  answerBuilder().append(cluster.name).appendByte(0x20).append(cluster.host);
}

export function fqdn(): void {
  answerCluster(fqdnCluster(argument(0), <i32>number(1), argument(2)));
}

export function kubernetes(): void {
  answerCluster(
    kubernetesCluster(argument(0), argument(1), <i32>number(2), argument(3), argument(4)),
  );
}

export function fixed(): void {
  answerCluster(staticCluster(argument(0), <i32>number(1), argument(2)));
}

export function dns(): void {
  answerCluster(dnsCluster(argument(0), <i32>number(1), argument(2)));
}

export function nacos(): void {
  const service = new NacosService(argument(0), <i32>number(1));
  service.version = argument(2);
  service.group = argument(3);
  service.namespaceId = argument(4);
  service.isExtended = argument(5).length > 0;
  service.host = argument(6);
  answerCluster(nacosCluster(service));
}

export function consul(): void {
  answerCluster(consulCluster(argument(0), argument(1), <i32>number(2), argument(3)));
}

export function literal(): void {
  answerCluster(literalCluster(argument(0), argument(1)));
}

/** `parseReply`, written down: `"text"`, `:1`, `-error`, `null`, `[…]`. */
export function reply(): void {
  const value = parseReply(argument(0));
  if (value === null) answer(null);
  else describe(answerBuilder(), value);
}

/** What the accessors of a reply say: integer, null, error, array, elements. */
export function accessors(): void {
  const value = parseReply(argument(0));
  if (value === null) return answer(null);
  answerBuilder().append(value.text).appendText("|").appendInteger(value.integer);
  answerText(value.isNull ? "|null" : "");
  answerText(value.isError ? "|error" : "");
  answerText(value.isArray ? "|array of " + value.items.length.toString() : "");
  answerText(value.item(1000000).isNull ? "" : "|element out of nowhere");
}

function describe(out: Builder, value: RedisReply): void {
  switch (value.type) {
    case RedisType.Text:
      out.appendByte(0x22).append(value.text).appendByte(0x22);
      break;
    case RedisType.Integer:
      out.appendByte(0x3a).appendInteger(value.integer);
      break;
    case RedisType.Error:
      out.appendByte(0x2d).append(value.text);
      break;
    case RedisType.Null:
      out.appendText("null");
      break;
    default:
      out.appendByte(0x5b);
      for (let i = 0; i < value.items.length; i++) {
        if (i > 0) out.appendByte(0x2c);
        describe(out, value.item(i));
      }
      out.appendByte(0x5d);
  }
}

/** The RESP2 bytes of the commands, each one once. */
export function commands(): void {
  const key = argument(0);
  const value = argument(1);
  const lists: Slice[][] = [
    redisGet(key),
    redisMget([key, value]),
    redisSet(key, value),
    redisSet(key, value, 60),
    redisSetIfAbsent(key, value),
    redisSetIfAbsent(key, value, 60),
    redisDel(key),
    redisExpire(key, 7),
    redisIncrBy(key, -3),
    redisDecrBy(key, i64.MAX_VALUE),
    redisHget(key, value),
    redisHgetAll(key),
    redisHset(key, value, decimal(1)),
    redisHincrBy(key, value, 2),
    redisEval(value, [key, key], [decimal(10), NO_BYTES]),
  ];
  for (let i = 0; i < lists.length; i++) answer(encodeCommand(lists[i]));
}

/** Stored property, then a method, a key and a value, by turns. */
export function merge(): void {
  const attributes = new AttributeMap();
  for (let i = 1; !argument(i).isEmpty; i += 3) set(attributes, i);
  answer(attributes.mergeInto(argument(0)));
}

/**
 * What a property is after two merges of one stream: what others store in between (no bytes: they
 * store nothing), the attribute set before the first, and the one set before the second.
 */
export function mergeTwice(): void {
  const attributes = new AttributeMap();
  set(attributes, 1);
  const first = attributes.mergeInto(NO_BYTES);
  const between = argument(0);
  const stored = between.isEmpty && first !== null ? first.copy() : between;
  set(attributes, 4);
  answer(attributes.mergeInto(stored));
}

/** What the attributes read like as span tags: `key=text` lines. */
export function tags(): void {
  const attributes = new AttributeMap();
  for (let i = 1; !argument(i).isEmpty; i += 3) set(attributes, i);
  for (let i = 0; i < attributes.list.length; i++) {
    const attribute = attributes.list[i];
    answerBuilder().append(attribute.key).appendByte(0x3d).append(attribute.text).appendByte(0x0a);
  }
}

function set(attributes: AttributeMap, at: i32): void {
  const method = argument(at).toString();
  const key = argument(at + 1);
  const value = argument(at + 2);
  if (method == "text") attributes.setText(key, value);
  else if (method == "integer") attributes.setInteger(key, parseInteger(value));
  else if (method == "boolean") attributes.setBoolean(key, value.toString() == "true");
  else if (method == "json" && !attributes.setJson(key, value)) answerText("not JSON ");
}

export function secretName(): void {
  answer(fingerprint(argument(0)));
}

export function isSecret(): void {
  answerText(isSecretHeader(argument(0)) ? "secret" : "plain");
}
