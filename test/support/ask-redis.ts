import { connect } from "node:net";
import { encodeResp, parseResp, RespError, type RespValue } from "proxy-wasm-test";

/** One command on a connection of its own, beside the gateway under test; bulk strings as text. */
export async function askRedis(url: string, password: string, words: string[]): Promise<RespValue> {
  const value = await exchange(url, password, words);
  if (value instanceof RespError) throw value;
  return plain(value);
}

/**
 * The same, with the answer as it came: bulk strings are bytes, an error is a value.
 *
 * @throws Error when there is no server, or it hangs up
 */
export async function exchange(
  url: string,
  password: string,
  words: (string | Uint8Array)[],
): Promise<RespValue> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(encodeResp(["auth", password]));
  socket.write(encodeResp(words));
  let received = Buffer.alloc(0);
  let answered = 0;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const reply = parseResp(received);
        if (!reply) break;
        if (++answered === 2) return reply.value;
        received = received.subarray(reply.end);
      }
    }
    throw new Error("Redis closed the connection");
  } finally {
    socket.destroy();
  }
}

function plain(value: RespValue): RespValue {
  if (value instanceof RespError) throw value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(plain) : value;
}
