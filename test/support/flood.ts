import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Each with one request on its way: Envoy closes connections that pipeline what it answers itself. */
const CONNECTIONS = 32;
const STATUS = /^HTTP\/1\.1 (\d{3}) /;

/** How often each status was answered. */
export type Statuses = Record<string, number>;

/**
 * Sends so many requests to a port on 127.0.0.1 as fast as they are answered. An answer has to come in
 * one piece: it is short, and its sender writes it at once.
 *
 * @param requestOf the bytes of request number `i`
 * @throws Error when a connection ends early
 */
export async function flood(
  port: number,
  requests: { from: number; to: number },
  requestOf: (i: number) => string,
): Promise<Statuses> {
  const statuses: Statuses = {};
  let next = requests.from;
  const run = async (): Promise<void> => {
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    await once(socket, "connect");
    await new Promise<void>((done, fail) => {
      const send = (): unknown =>
        next < requests.to ? socket.write(requestOf(next++)) : done(void end(socket));
      socket.on("data", (text: string) => {
        const status = STATUS.exec(text)?.[1];
        if (status === undefined) return fail(new Error(`no answer: ${text}`));
        statuses[status] = (statuses[status] ?? 0) + 1;
        send();
      });
      socket.on("error", fail).on("close", () => fail(new Error("an answer is missing")));
      send();
    });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
  return statuses;
}

function end(socket: Socket): void {
  socket.removeAllListeners("close").destroy();
}
