import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { Cluster } from "@ai-gateway-wasm/kit/http-client";
import { RedisLogin } from "@ai-gateway-wasm/kit/redis";
import { Backend } from "@ai-gateway-wasm/store/assembly/backend";
import { readCluster } from "./connection";
import { RedisLogins } from "./redis-logins";

const STATIC: Slice = bytes(".static");
const DEFAULT_PORT: i64 = 6379;
const STATIC_PORT: i64 = 80;
const DEFAULT_TIMEOUT_MS: i64 = 10000;

/** Where a block of type `redis` says that Redis is. */
export function redisCluster(block: ConfigReader, isLegacy: bool): Cluster {
  return readCluster(block, readPort(block, isLegacy));
}

/** Reads a block of type `redis`, and tells the gateway the login. Null: refused. */
export function readRedis(
  block: ConfigReader,
  cluster: Cluster,
  logins: RedisLogins,
  log: PluginLog,
): Backend | null {
  if (isDefined(HIGRESS)) {
    const login = readLogin(block);
    return block.errors.any ? null : logins.open(cluster, login, log);
  } else {
    block.refuse("type", "Envoy has no call for Redis; use memory or redis-http");
    return null;
  }
}

function readPort(block: ConfigReader, isLegacy: bool): i32 {
  const isStatic = block.text("serviceName").endsWith(STATIC);
  const usual = isStatic ? STATIC_PORT : DEFAULT_PORT;
  const port = block.integer("servicePort", usual, 0, 65535);
  return <i32>(port == 0 && isLegacy ? usual : port); // 0: what the first generation meant by it
}

function readLogin(block: ConfigReader): RedisLogin {
  const login = new RedisLogin();
  login.username = block.text("username");
  login.password = block.text("password");
  login.database = <i32>block.integer("database", 0, 0, i32.MAX_VALUE);
  login.timeoutMs = <i32>block.integer("timeout", DEFAULT_TIMEOUT_MS, 0, i32.MAX_VALUE);
  return login;
}
