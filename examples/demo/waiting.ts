import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Pause between two looks, in ms. */
const PAUSE = 25;

/**
 * Looks again and again until `isReady` says yes.
 *
 * @returns false when it did not within `limit` ms
 */
export async function waitUntil(isReady: () => Promise<boolean>, limit: number): Promise<boolean> {
  const end = Date.now() + limit;
  while (!(await isReady())) {
    if (Date.now() >= end) return false;
    await sleep(PAUSE);
  }
  return true;
}

/** True when something accepts connections on that port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

/** True when a GET of the address is answered with 200. */
export async function isOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
