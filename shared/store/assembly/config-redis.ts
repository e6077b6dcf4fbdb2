import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { fqdnCluster } from "@ai-gateway-wasm/kit/assembly/cluster";
import { RedisClient, RedisLogin } from "@ai-gateway-wasm/kit/assembly/redis-client";
import { Backend } from "./backend";
import { RedisBackend } from "./remote/redis";

const STATIC: Slice = bytes(".static");
const DEFAULT_TIMEOUT_MS: i64 = 1000;

/**
 * Reads the block `redis` as peers do (token-rate-limit.md 2.4), and tells the gateway how to
 * connect. A gateway that refuses that is no error of the configuration. Null: refused.
 */
export function readRedis(config: ConfigReader): Backend | null {
  if (isDefined(HIGRESS)) {
    return connect(config);
  } else {
    config.refuse(
      config.isEmpty("store") ? "redis" : "store.type",
      "Envoy has no call for Redis; use store with type redis-http, or shared",
    );
    return null;
  }
}

function connect(config: ConfigReader): Backend | null {
  const block = config.object("redis");
  if (block === null) {
    config.refuseWith("missing redis in config");
    return null;
  }
  const name = block.text("service_name");
  if (name.isEmpty) {
    config.refuseWith("redis service name must not be empty");
    return null;
  }
  const port = orDefault(block.integer("service_port", 0), name.endsWith(STATIC) ? 80 : 6379);
  const login = new RedisLogin();
  login.username = block.text("username");
  login.password = block.text("password");
  login.database = <i32>block.integer("database", 0);
  login.timeoutMs = orDefault(block.integer("timeout", 0), DEFAULT_TIMEOUT_MS);
  return new RedisBackend(new RedisClient(fqdnCluster(name, port), login), login.timeoutMs);
}

/** 0 is the same as unset. */
function orDefault(value: i64, fallback: i64): i32 {
  return <i32>(value == 0 ? fallback : value);
}
