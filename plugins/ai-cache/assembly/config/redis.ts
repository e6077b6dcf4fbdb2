import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { RedisClient, RedisLogin } from "@ai-gateway-wasm/kit/redis";
import { Backend } from "@ai-gateway-wasm/store/assembly/backend";
import { RedisBackend } from "@ai-gateway-wasm/store/assembly/remote/redis";
import { readCluster } from "./connection";

const STATIC: Slice = bytes(".static");
const DEFAULT_PORT: i64 = 6379;
const STATIC_PORT: i64 = 80;
const DEFAULT_TIMEOUT_MS: i64 = 10000;

/** Reads a block of type `redis`, and tells the gateway the login. Null: refused. */
export function readRedis(block: ConfigReader, isLegacy: bool): Backend | null {
  if (isDefined(HIGRESS)) {
    return connect(block, isLegacy);
  } else {
    block.refuse("type", "Envoy has no call for Redis; use memory or redis-http");
    return null;
  }
}

function connect(block: ConfigReader, isLegacy: bool): Backend | null {
  const isStatic = block.text("serviceName").endsWith(STATIC);
  const usual = isStatic ? STATIC_PORT : DEFAULT_PORT;
  let port = block.integer("servicePort", usual, 0, 65535);
  if (port == 0 && isLegacy) port = usual; // what the first generation meant by it
  const login = new RedisLogin();
  login.username = block.text("username");
  login.password = block.text("password");
  login.database = <i32>block.integer("database", 0, 0, i32.MAX_VALUE);
  login.timeoutMs = <i32>block.integer("timeout", DEFAULT_TIMEOUT_MS, 0, i32.MAX_VALUE);
  if (block.errors.any) return null;
  return new RedisBackend(new RedisClient(readCluster(block, <i32>port), login), login.timeoutMs);
}
