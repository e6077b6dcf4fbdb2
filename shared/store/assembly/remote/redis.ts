import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisClient } from "@ai-gateway-wasm/kit/assembly/redis-client";
import { StoreCalls } from "../calls";
import { RemoteBackend } from "./backend";

/** Redis through Higress' host call (token-rate-limit.md 4.7). Not in the Envoy build. */
@final
export class RedisBackend extends RemoteBackend {
  private wasInitialised: bool;

  /** Tells the host how to connect. When it refuses, every command tries again. */
  constructor(
    private readonly client: RedisClient,
    timeoutMs: i32,
  ) {
    super(timeoutMs, false);
    this.wasInitialised = client.init();
  }

  override get identity(): Slice {
    return this.client.service;
  }

  override get isReady(): bool {
    return this.wasInitialised;
  }

  /** Command for command as peers: nothing is sent again. */
  protected override send(
    calls: StoreCalls,
    id: i32,
    words: Slice[],
    _isRepeatable: bool,
  ): string | null {
    return this.client.command(calls.redisCalls(), id, words);
  }
}
