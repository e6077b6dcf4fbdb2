import type { RedisHandler, RedisLogin } from "proxy-wasm-test";

/** A Redis that answers with the given bytes, one after the other, the last one for ever. */
export interface ScriptedRedis extends RedisHandler {
  /** Who connected, in order. */
  logins: RedisLogin[];
}

/** @param replies raw bytes; null: the connection breaks */
export function scriptedRedis(...replies: (string | null)[]): ScriptedRedis {
  const commands: string[][] = [];
  const logins: RedisLogin[] = [];
  return {
    kind: "redis",
    hasEndpoints: true,
    commands,
    logins,
    connect(_env, login) {
      logins.push(login);
      return {
        send(query, done) {
          commands.push(
            Buffer.from(query)
              .toString()
              .split("\r\n")
              .filter((_w, i) => i > 0 && i % 2 === 0),
          );
          const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
          done(reply === null ? null : new TextEncoder().encode(reply));
        },
        close() {},
      };
    },
  };
}
