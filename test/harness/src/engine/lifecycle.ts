import { LoadError } from "../abi/link.js";
import type { NativeFilter } from "../types.js";
import type { Environment } from "./environment.js";
import type { Chain, StreamFilter } from "./chain.js";
import { NativeStreamFilter } from "./native-filter.js";
import type { PluginSettings } from "./plugin.js";
import { RedisPool } from "./redis-calls.js";
import { Root } from "./root.js";
import { Vm } from "./vm.js";
import { WasmFilter } from "./wasm-filter.js";

export type ChainItem = { plugin: PluginSettings } | { native: NativeFilter };

function bytesKey(bytes: Uint8Array): string {
  return `${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`;
}

/** Plugins with equal keys share a VM. */
export function vmKey({ vm }: PluginSettings): string {
  const capabilities = vm.capabilities ? [...vm.capabilities].join() : "*";
  return [
    vm.vmId,
    bytesKey(vm.vmConfig),
    vm.compiled.hash,
    vm.environment.join(),
    capabilities,
  ].join("\n");
}

/** Plugins of one VM with equal keys share a root context. */
function rootKey(plugin: PluginSettings): string {
  return [plugin.name, plugin.rootId, bytesKey(plugin.config)].join("\n");
}

/** Plugins with equal keys share a root context in a VM they share. */
export function pluginKey(plugin: PluginSettings): string {
  return `${vmKey(plugin)}\n${rootKey(plugin)}`;
}

/** A VM with its start function run. Throws LoadError after a trap. */
function startVm(label: string, plugin: PluginSettings, env: Environment): Vm {
  const vm = new Vm(label, env, plugin.vm);
  if (!vm.start()) throw new LoadError(vm.failed ?? "", "", "initialize");
  return vm;
}

/** The VM every other one is cloned from: it is started and never gets a context. */
export function startBase(plugin: PluginSettings, env: Environment): void {
  startVm("base", plugin, env);
}

/** One plugin on one thread; the VM behind it can be replaced after a trap. */
class Handle {
  lastLoad: number;
  /** When a dead VM was last renewed, or that was tried. */
  lastRecovery = -Infinity;
  constructor(
    readonly plugin: PluginSettings,
    public root: Root,
  ) {
    this.lastLoad = root.vm.loadedAt;
  }
}

/** Main thread or a worker: its VMs and roots (harness.md §6.1). */
export class Thread {
  readonly handles = new Map<PluginSettings, Handle>();
  readonly redis = new RedisPool();
  private vms = new Map<string, Vm>();
  private roots = new Map<string, Root>();

  constructor(
    readonly label: string,
    private env: Environment,
  ) {}

  get allVms(): Vm[] {
    return [...new Set([...this.handles.values()].map((handle) => handle.root.vm))];
  }

  /** Loads one plugin. Throws LoadError with the host's messages. */
  load(plugin: PluginSettings): void {
    const root = this.open(plugin);
    this.handles.set(plugin, new Handle(plugin, root));
  }

  private open(plugin: PluginSettings): Root {
    const key = vmKey(plugin);
    let vm = this.vms.get(key);
    if (!vm || vm.failed !== null) {
      vm = startVm(this.label, plugin, this.env);
      this.vms.set(key, vm);
    }
    const id = pluginKey(plugin);
    const known = this.roots.get(id);
    if (known && known.vm === vm) return known;
    const root = new Root(vm, plugin, this.redis);
    const refusal = root.open();
    if (refusal) throw new LoadError(refusal, vm.failed ?? "");
    this.roots.set(id, root);
    return root;
  }

  /** Root to use for a new stream; null = skip the plugin. */
  rootFor(plugin: PluginSettings): Root | null {
    const handle = this.handles.get(plugin)!;
    if (handle.root.vm.failed === null) return this.rebuilt(handle);
    const { failurePolicy, reloadBackoffMs } = plugin;
    const { recoveryIntervalMs } = this.env.profile;
    if (recoveryIntervalMs !== null) this.reload(handle, handle.lastRecovery + recoveryIntervalMs);
    else if (failurePolicy === "FAIL_RELOAD")
      this.reload(handle, handle.lastLoad + reloadBackoffMs);
    if (handle.root.vm.failed === null) return handle.root;
    const open = failurePolicy === "FAIL_OPEN" || failurePolicy === "LEGACY_OPEN";
    return open ? null : handle.root;
  }

  /** Higress: a VM that asked for it makes room for a new one; the streams it has stay with it. */
  private rebuilt(handle: Handle): Root {
    const old = handle.root;
    if (!old.vm.asksForRebuild) return old;
    if (this.vms.get(vmKey(handle.plugin)) === old.vm) this.vms.delete(vmKey(handle.plugin));
    try {
      handle.root = this.open(handle.plugin);
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      this.vms.set(vmKey(handle.plugin), old.vm);
      return old;
    }
    handle.lastLoad = handle.root.vm.loadedAt;
    old.retire();
    return handle.root;
  }

  private count(plugin: PluginSettings, what: string): void {
    this.env.metrics.stat(0, `\0wasm.${plugin.name}.vm_reload_${what}`).value++;
  }

  /** @param notBefore milliseconds since the gateway started */
  private reload(handle: Handle, notBefore: number): void {
    const { plugin } = handle;
    const { elapsed } = this.env.scheduler;
    if (elapsed < notBefore) return this.count(plugin, "backoff");
    handle.lastRecovery = elapsed;
    try {
      this.replace(handle);
      this.count(plugin, "success");
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      handle.lastLoad = this.env.scheduler.elapsed;
      this.count(plugin, "failure");
    }
  }

  private replace(handle: Handle): void {
    const old = handle.root;
    // Another plugin of the same VM may have made a new one already.
    if (this.vms.get(vmKey(handle.plugin))?.failed !== null) this.vms.delete(vmKey(handle.plugin));
    handle.root = this.open(handle.plugin);
    handle.lastLoad = handle.root.vm.loadedAt;
    old.cancel();
  }

  /** New VM for every plugin, or a new root in the VM it has; used by `host.reload()`. */
  reloadAll(keepsVms: boolean): void {
    if (!keepsVms) this.vms.clear();
    this.roots.clear();
    for (const handle of this.handles.values()) {
      const old = handle.root;
      handle.root = this.open(handle.plugin);
      handle.lastLoad = handle.root.vm.loadedAt;
      old.retire();
    }
  }

  filters(chain: Chain, items: readonly ChainItem[]): StreamFilter[] {
    const filters: StreamFilter[] = [];
    for (const item of items) {
      if ("native" in item) filters.push(new NativeStreamFilter(chain, item.native));
      else {
        const root = this.rootFor(item.plugin);
        if (root) filters.push(new WasmFilter(chain, root, item.plugin));
      }
    }
    return filters;
  }

  get uniqueRoots(): Root[] {
    return [...new Set([...this.handles.values()].map((handle) => handle.root))];
  }

  shutdown(): void {
    for (const root of this.uniqueRoots) root.shutdown();
    this.redis.close();
  }

  /** Drops the thread without a word to the guests, as the canary is. */
  drop(): void {
    for (const root of this.uniqueRoots) root.cancel();
    this.redis.close();
  }
}
