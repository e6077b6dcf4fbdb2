import { afterAll, beforeAll, expect, test } from "vitest";
import { parseResp, redis, RespError, type RespValue } from "proxy-wasm-test";
import { connect, type Socket } from "node:net";
import { ALL_WORDS } from "./redis-commands.js";
import { RedisServer } from "../kit/redis-server.js";

let server: RedisServer;
let socket: Socket;
const waiting: ((reply: RespValue) => void)[] = [];

beforeAll(async () => {
  server = await RedisServer.start("p");
  socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let one = parseResp(received); one; one = parseResp(received)) {
      received = received.subarray(one.end);
      waiting.shift()!(one.value);
    }
  });
  await ask(["auth", "p"]);
});

afterAll(async () => {
  socket.destroy();
  await server.stop();
});

function encode(words: string[]): Buffer {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`, "latin1");
}

function ask(words: string[]): Promise<RespValue> {
  return new Promise((answer) => {
    waiting.push(answer);
    socket.write(encode(words));
  });
}

/** Bulk strings as latin-1; a refusal as its text. */
function plain(value: RespValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (value instanceof RespError) return `-${value.message}`;
  return Array.isArray(value) ? value.map(plain) : value;
}

test("the server in memory answers as a real Redis does, word by word", async () => {
  const { memory } = redis();
  const connection = memory.connect(
    {
      now: () => 0,
      timer: () => ({ cancel: () => undefined }),
      post: (fn) => fn(),
      busy: () => () => undefined,
    },
    { username: "", password: "", database: 0, timeoutMs: 0 },
  );
  const differences: unknown[] = [];
  for (const words of ALL_WORDS) {
    const real = plain(await ask(words));
    let ours: unknown;
    connection.send(encode(words), (reply) => {
      ours = plain(parseResp(reply!)!.value);
    });
    if (JSON.stringify(ours) !== JSON.stringify(real)) differences.push({ words, real, ours });
  }
  expect(differences).toEqual([]);
});
