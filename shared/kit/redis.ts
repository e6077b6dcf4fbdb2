// Commands to a Redis server through Higress's host calls (host.md 5.8).
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
