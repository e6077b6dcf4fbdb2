import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { LogLevel, logLine, Status } from "proxy-wasm-as";
import { redisCall, redisInit } from "proxy-wasm-as/higress";
import { Cluster } from "./cluster";
import { hostError } from "./host-error";
import { requestId } from "./log";
import { RedisCalls } from "./redis-calls";
import { noteCluster } from "./redis-cluster";
import { encodeCommand } from "./resp";

/** How the host connects. Fields left alone are the defaults. */
@final
export class RedisLogin {
  username: Slice = NO_BYTES;
  password: Slice = NO_BYTES;
  database: i32 = 0;
  /** Per connection: when it passes, every command on that connection fails (host.md 5.8). */
  timeoutMs: i32 = 1000;
}

/**
 * Redis through Higress's host calls (host.md 5.8); belongs to a configuration. In the Envoy build
 * every command fails with `unimplemented`, and no other code of it is left.
 */
@final
export class RedisClient {
  /** What names the configuration to the host: the cluster, and the database unless it is 0. */
  readonly service: Slice;
  private isReady: bool = false;
  private wasInitialised: bool = false;

  constructor(
    readonly cluster: Cluster,
    private readonly settings: RedisLogin,
  ) {
    const service = new Builder().append(cluster.name);
    if (settings.database != 0) {
      service.appendText("?db=").appendInteger(settings.database);
    }
    this.service = service.toSlice();
  }

  /**
   * Tells the host how to connect, when the plugin is configured. Always, as the peers do: another
   * plugin may have told it something else meanwhile, and commands to a wrong database go unnoticed.
   *
   * @returns false when the host refused (no such cluster, as a rule): not an error of the
   *   configuration, every command tries again
   */
  init(): bool {
    if (isDefined(HIGRESS)) {
      return this.initialise();
    } else {
      return false;
    }
  }

  /**
   * Sends one command; the reply comes out of `calls.receive` with this tag.
   *
   * @param words command and arguments, from `redisGet` and its like; the command in lower case
   * @returns null when it was sent; else why no reply will come, to be decided on at once
   */
  command(calls: RedisCalls, tag: i32, words: Slice[]): string | null {
    if (isDefined(HIGRESS)) {
      return calls.start(this, tag, encodeCommand(words));
    } else {
      return hostError(Status.Unimplemented);
    }
  }

  /** Sends RESP2 bytes. Only for `RedisCalls`. */
  dispatch(owner: u32, id: i32, command: Slice): string | null {
    if (!this.wasInitialised) return "redis client is not ready, please call Init() first";
    if (!this.isReady) {
      const refused = this.retryInit();
      if (refused !== null) return refused;
    }
    const status = redisCall(owner, id, this.cluster.name, command);
    if (status == Status.Ok) return null;
    const error = hostError(status);
    const request = requestId().toString();
    logText(LogLevel.Critical, "redis call failed, request-id: " + request + ", error: " + error);
    return error;
  }

  /** Tells the host the login again after Redis asked for one. Only for `RedisCalls`. */
  login(): bool {
    logText(LogLevel.Warn, "redis wants a login, sent again");
    this.isReady = false;
    return this.retryInit() === null;
  }

  private initialise(): bool {
    this.wasInitialised = true;
    const status = this.tellHost();
    if (status == Status.Ok) return true;
    logText(LogLevel.Warn, "failed to init redis: " + hostError(status) + ", will retry later");
    return false;
  }

  private retryInit(): string | null {
    const status = this.tellHost();
    if (status == Status.Ok) return null;
    const error = hostError(status);
    logText(LogLevel.Error, "failed to re-authenticate redis: " + error);
    return error;
  }

  private tellHost(): Status {
    const status = redisInit(
      this.service,
      this.settings.username,
      this.settings.password,
      this.settings.timeoutMs,
    );
    this.isReady = status == Status.Ok;
    if (this.isReady) noteCluster(this.cluster.name, this.identity());
    return status;
  }

  /** All settings in one, to compare them. */
  private identity(): Slice {
    return new Builder()
      .append(this.service)
      .appendByte(0)
      .append(this.settings.username)
      .appendByte(0)
      .append(this.settings.password)
      .appendByte(0)
      .appendInteger(this.settings.timeoutMs)
      .toSlice();
  }
}

/** Lines of the Redis client carry no plugin prefix (host.md 4). */
function logText(level: LogLevel, text: string): void {
  logLine(level, new Builder().appendText(text).view());
}
