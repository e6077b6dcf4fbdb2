import type { ProcessServices, QueueStore, SharedDataStore } from "../abi/guest.js";

interface Entry {
  value: Uint8Array;
  cas: number;
}

/** Shared data of the process: one key space per vm id, one cas counter for all. */
export class SharedData implements SharedDataStore {
  private spaces = new Map<string, Map<string, Entry>>();
  private nextCas = 1;

  get(vmId: string, key: string): Entry | undefined {
    return this.spaces.get(vmId)?.get(key);
  }

  set(vmId: string, key: string, value: Uint8Array, cas: number, exact: boolean): boolean {
    let space = this.spaces.get(vmId);
    if (!space) this.spaces.set(vmId, (space = new Map()));
    const old = space.get(key);
    // The Go emulator compares always, the host only when asked to.
    if (old && (exact || cas !== 0) && old.cas !== cas) return false;
    space.set(key, { value, cas: exact ? (cas + 1) >>> 0 : this.nextCas++ });
    return true;
  }

  delete(vmId: string, key: string): void {
    this.spaces.get(vmId)?.delete(key);
  }

  keys(vmId: string): string[] {
    return [...(this.spaces.get(vmId)?.keys() ?? [])];
  }
}

interface Queue {
  items: Uint8Array[];
  ready: (token: number) => void;
}

/** Shared queues of the process. The last VM that registers gets the ready callbacks. */
export class Queues implements QueueStore {
  private tokens = new Map<string, number>();
  private queues = new Map<number, Queue>();
  constructor(private firstToken: number) {}

  register(vmId: string, name: string, ready: (token: number) => void): number {
    const key = `${vmId.length}:${vmId}${name}`;
    let token = this.tokens.get(key);
    if (token === undefined) {
      token = this.firstToken + this.tokens.size;
      this.tokens.set(key, token);
      this.queues.set(token, { items: [], ready });
    }
    this.queues.get(token)!.ready = ready;
    return token;
  }

  resolve(vmId: string, name: string): number | null {
    return this.tokens.get(`${vmId.length}:${vmId}${name}`) ?? null;
  }

  enqueue(token: number, data: Uint8Array): boolean {
    const queue = this.queues.get(token);
    if (!queue) return false;
    queue.items.push(data);
    queue.ready(token);
    return true;
  }

  dequeue(token: number): Uint8Array | null | undefined {
    const queue = this.queues.get(token);
    return queue && (queue.items.shift() ?? null);
  }
}

/** What all VMs of one gateway process share. */
export class HostProcess implements ProcessServices {
  /** Higress: requests of one connection that are begun at once; null = without bound. Nothing here waits for it. */
  maxRequestsPerIoCycle: number | null = null;

  /** The least of all numbers counts (host.md 5.10). */
  limitIoCycle(count: number): void {
    this.maxRequestsPerIoCycle = Math.min(count, this.maxRequestsPerIoCycle ?? count);
  }

  readonly data = new SharedData();
  readonly queues: Queues;
  /** Retries under way, by cluster: what its circuit breaker counts. */
  readonly retries = new Map<string, number>();
  constructor(firstQueueToken: number) {
    this.queues = new Queues(firstQueueToken);
  }
}
