import { expect, vi } from "vitest";
import { askRedis } from "./ask-redis.js";

/** Slots of a Redis Cluster. */
export const SLOTS = 16_384;

/** Options of a Redis that becomes a cluster of itself alone. It wants a `folder`. */
export const AS_CLUSTER = ["--cluster-enabled", "yes"];

/** Gives a server that was started with `AS_CLUSTER` all slots, and waits until it takes commands. */
export async function formCluster(url: string, password: string): Promise<void> {
  const ask = (...words: string[]) => askRedis(url, password, words);
  await ask("cluster", "addslots", ...Array.from({ length: SLOTS }, (_, slot) => `${slot}`));
  const isFormed = async () => {
    expect(await ask("cluster", "info")).toContain("cluster_state:ok");
  };
  await vi.waitFor(isFormed, { timeout: 20_000, interval: 50 });
}
