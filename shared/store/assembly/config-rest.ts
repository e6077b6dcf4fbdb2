import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Cluster, fqdnCluster, literalCluster } from "@ai-gateway-wasm/kit/assembly/cluster";
import { environmentVariable, isHeaderValue, PairsBuilder } from "proxy-wasm-as";
import { Backend } from "./backend";
import { encodeBase64 } from "./remote/base64";
import { RestBackend } from "./remote/rest";
import { RestDialect } from "./remote/rest-dialect";
import { UpstashDialect } from "./remote/upstash";
import { WebdisDialect } from "./remote/webdis";

/** Reads `store` of type `redis-http`. Null: refused. */
export function readRest(config: ConfigReader): Backend | null {
  const store = config.block("store");
  return store === null ? null : new RestParser(store).parse();
}

/** Reads a `store` field by field; what is wrong is noted in its reader. */
@final
class RestParser {
  constructor(private readonly store: ConfigReader) {}

  parse(): Backend | null {
    const store = this.store;
    const dialect = this.dialect();
    const cluster = this.cluster();
    const path = this.path();
    const host = this.headerText("host", either(cluster.host, cluster.name));
    const headers = new PairsBuilder()
      .add(bytes(":method"), bytes("POST"))
      .add(bytes(":path"), path)
      .add(bytes(":authority"), host);
    const credentials = this.credentials();
    if (!credentials.isEmpty) headers.add(bytes("authorization"), credentials);
    headers.add(bytes("content-type"), bytes("application/json"));
    const timeoutMs = <i32>store.integer("timeout", 500, 1, 60000);
    if (store.errors.any) return null;
    const once = headers.build();
    // Envoy's: once more, on another connection, when one breaks before the answer; not when that is late.
    const twice = headers.add(bytes("x-envoy-retry-on"), bytes("reset")).build();
    const place = new Builder().append(cluster.name).appendByte(0).append(host).append(path);
    place.appendByte(0).append(store.text("database"));
    return new RestBackend(cluster.name, once, twice, dialect, timeoutMs, place.toSlice());
  }

  private dialect(): RestDialect {
    const store = this.store;
    const isWebdis = store.choice("dialect", ["upstash", "webdis"], 0) == 1;
    const database = <i32>store.integer("database", 0, 0, 1000000);
    if (isWebdis) return new WebdisDialect(database);
    if (database != 0) store.refuse("database", "not with dialect upstash");
    return new UpstashDialect();
  }

  private cluster(): Cluster {
    const store = this.store;
    const literal = store.text("cluster_name");
    const service = store.text("service_name");
    if (literal.isEmpty == service.isEmpty) {
      store.refuse("cluster_name", "exactly one of cluster_name and service_name must be set");
    }
    if (service.isEmpty) return literalCluster(literal);
    return fqdnCluster(service, <i32>store.integer("service_port", 80, 1, 65535));
  }

  private path(): Slice {
    const path = this.headerText("path", bytes("/"));
    if (path.at(0) != 0x2f) this.store.refuse("path", "must begin with /");
    return path;
  }

  /** The value of `authorization`; no bytes for none. */
  private credentials(): Slice {
    const store = this.store;
    const token = this.secret("token");
    const username = store.text("username");
    const password = this.secret("password");
    const isBasic = !username.isEmpty || !password.isEmpty;
    if (!token.isEmpty && isBasic) {
      store.refuse("token", "excludes username and password");
    }
    const out = new Builder(128);
    if (!token.isEmpty) return out.appendText("Bearer ").append(token).view();
    if (!isBasic) return NO_BYTES;
    const pair = new Builder(64).append(username).appendByte(0x3a).append(password);
    return out.appendText("Basic ").append(encodeBase64(pair.view())).view();
  }

  /** A text, or `{value_from_env: NAME}`. */
  private secret(field: string): Slice {
    const store = this.store;
    const value = store.find(field);
    if (value === null || !value.isObject) return this.headerText(field, NO_BYTES);
    const reader = store.object(field);
    const name = reader === null ? NO_BYTES : reader.text("value_from_env");
    const found = environmentVariable(name);
    if (found !== null && !found.isEmpty && isHeaderValue(found)) return found;
    store.refuse(field, "value_from_env names no variable of the VM");
    return NO_BYTES;
  }

  private headerText(field: string, fallback: Slice): Slice {
    const text = this.store.text(field, fallback);
    if (!isHeaderValue(text)) this.store.refuse(field, "must not contain line breaks or NUL");
    return text;
  }
}

function either(first: Slice, second: Slice): Slice {
  return first.isEmpty ? second : first;
}
