import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { Cluster } from "@ai-gateway-wasm/kit/http-client";
import { RedisClient, RedisLogin } from "@ai-gateway-wasm/kit/redis";
import { RedisBackend } from "@ai-gateway-wasm/store/assembly/remote/redis";
import { appendSized } from "../sized-text";

/** How one configuration and its rules connect to Redis: the gateway is told each way once. */
@final
export class RedisLogins {
  private readonly names: Slice[] = [];
  private readonly backends: RedisBackend[] = [];

  /** The one connection of this cluster and login. */
  open(cluster: Cluster, login: RedisLogin, log: PluginLog): RedisBackend {
    const name = nameOf(cluster, login);
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i].equals(name)) return this.backends[i];
    }
    const backend = new RedisBackend(new RedisClient(cluster, login), login.timeoutMs);
    if (!backend.isReady) log.error("redis init failed, will try later");
    this.names.push(name);
    this.backends.push(backend);
    return backend;
  }
}

/** No two logins are alike. */
function nameOf(cluster: Cluster, login: RedisLogin): Slice {
  const texts = [cluster.name, login.username, login.password];
  const name = new Builder(96).appendInteger(login.database).appendByte(0x3a);
  name.appendInteger(login.timeoutMs).appendByte(0x3a);
  for (let i = 0; i < texts.length; i++) appendSized(name, texts[i]);
  return name.toSlice();
}
