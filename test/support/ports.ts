import { createServer, type AddressInfo } from "node:net";

/** So many different ports of 127.0.0.1 on which nothing listens right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", () => ready()));
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await new Promise((closed) => server.close(closed));
  return ports;
}
