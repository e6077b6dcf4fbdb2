import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports are taken from here: below the range from which systems take the ports of outgoing
 * connections (32768 and up), so that none is snatched between being found and being used.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** So many different ports of 127.0.0.1 on which nothing listens right now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** True when nothing listens on a port of 127.0.0.1 right now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}
