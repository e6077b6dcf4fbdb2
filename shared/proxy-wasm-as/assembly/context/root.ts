import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { LogLevel, Status } from "../abi/enums";
import { proxy_done, proxy_set_effective_context } from "../abi/imports";
import { act, actingContext } from "../dispatch/callback";
import { HttpCallResponse } from "../host/http-call";
import { logLine } from "../host/log";
import { HttpContext } from "./http";

const UNREADABLE: Slice = bytes("error reading plugin configuration: host status ");

/**
 * One configuration of the plugin in one VM. A VM may hold several (old and new during a
 * reconfiguration, or several filters of one image), so nothing that belongs to a configuration
 * may live in a global.
 */
export abstract class RootContext {
  constructor(readonly id: u32) {}

  /** Once per root, before `onConfigure`; false rejects the plugin. */
  onStart(): bool {
    return true;
  }

  /**
   * The plugin configuration arrives. Runs in a canary VM, the main thread and every worker; false
   * rejects the configuration.
   *
   * @param configuration bytes of the callback arena: `copy()` what must stay
   */
  onConfigure(_configuration: Slice): bool {
    return true;
  }

  /** The host has a configuration and does not hand it over, which rejects it (host.md 2.3.3). */
  onUnreadable(status: Status): void {
    const line = new Builder().append(UNREADABLE).appendInteger(status);
    logLine(LogLevel.Critical, line.view());
  }

  /**
   * A request begins: its header map is readable. Null makes the plugin inert for this stream, no
   * further callback reaches it.
   */
  abstract createStream(id: u32): HttpContext | null;

  /** True wants `onLog` of requests, too, that a filter before this one answered; see `callbacks-end-of-all`. */
  followsAll(): bool {
    return false;
  }

  onTick(): void {}

  /** @param queue the token that `registerQueue` returned */
  onQueueReady(_queue: u32): void {}

  /** The answer to a call made with this root as owner. @param tag what the call was made with */
  onHttpCallResponse(_tag: i32, _response: HttpCallResponse): void {}

  /** The reply to a Redis command of this root; `failed`: no connection, or it broke. Higress only. */
  onRedisReply(_tag: i32, _failed: bool, _reply: Slice): void {}

  /** The root is to go. False keeps it, for the answers it still waits for, until `letGo()`. */
  onDone(): bool {
    return true;
  }

  /**
   * Lets the root go after `onDone` answered false, from a callback of its streams, too: a host takes
   * the running context for the one that is done.
   */
  letGo(): void {
    if (actingContext() != this.id) {
      if (proxy_set_effective_context(this.id) != Status.Ok) return;
      act(this.id, false);
    }
    proxy_done();
  }
}

/** Makes the root context of one configuration; null refuses it. */
export type RootFactory = (id: u32) => RootContext | null;

let factory: RootFactory | null = null;

/** Names the class of the module's root contexts. Called once, at the top level of `index.ts`. */
export function register(create: RootFactory): void {
  factory = create;
}

/** A new root context, or null when the module never called `register`. */
export function createRoot(id: u32): RootContext | null {
  const create = factory;
  return create === null ? null : create(id);
}
