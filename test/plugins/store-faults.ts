import { upstream, type Redis, type Upstream } from "proxy-wasm-test";

/** `upstream` with another behaviour every time it is asked. */
export class Changing {
  constructor(public behaviour: Upstream) {}

  asUpstream(): Upstream {
    const self = upstream();
    self.open = (request, sink, onComplete) => this.behaviour.open(request, sink, onComplete);
    return self;
  }
}

/** An answer of the store. */
export const json = (status: number, body: object): Upstream =>
  upstream().reply(status, { json: body });
const cutOff = (): Upstream =>
  upstream().reply(200, { chunks: ['{"result":[[20,', "0,3600]]}"], cutAfter: 1 });

/** Each fault over HTTP, and whether it costs so much that the breaker opens. */
export const REST_FAULTS: [string, () => Upstream, boolean][] = [
  [
    "slow",
    () =>
      upstream()
        .after(10_000)
        .reply(200, { json: { result: [] } }),
    true,
  ],
  ["silent", () => upstream().never(), true],
  ["refused", () => upstream().refuse(), true],
  ["reset before the answer", () => upstream().reset(), true],
  ["reset in mid-answer", cutOff, true],
  ["wrong token", () => json(401, { error: "Unauthorized" }), false],
  ["LOADING", () => json(400, { error: "LOADING Redis is loading the dataset" }), false],
  ["no JSON", () => upstream().reply(200, { body: "<html>" }), true],
  ["an error of another dialect", () => json(500, { message: "internal" }), true],
  ["429 of a proxy", () => upstream().reply(429, { body: "too many" }), true],
  ["502 of a proxy", () => upstream().reply(502, { body: "bad gateway" }), true],
];

/** So many commands fail; no test sends more. */
const ALWAYS = 64;

const failing =
  (how: Parameters<Redis["fail"]>[0]) =>
  (redis: Redis): void => {
    for (let i = 0; i < ALWAYS; i++) redis.fail(how);
  };

/** A fault of Redis behind Higress' host call. */
export interface RedisFault {
  cause: (redis: Redis) => void;
  /** It costs so much that the breaker opens. */
  opens: boolean;
  /** Commands are carried out, only their answers come too late. */
  arrives?: boolean;
}

const error = (text: string): RedisFault => ({ cause: failing({ error: text }), opens: false });

export const REDIS_FAULTS: Record<string, RedisFault> = {
  slow: { cause: (redis) => redis.after(10_000), opens: true, arrives: true },
  silent: { cause: failing("never"), opens: true },
  "no endpoint": { cause: (redis) => redis.noEndpoints(), opens: true },
  reset: { cause: failing("drop"), opens: true },
  "wrong password": error("WRONGPASS invalid username-password pair"),
  "NOAUTH that stays": error("NOAUTH Authentication required."),
  LOADING: error("LOADING Redis is loading the dataset in memory"),
};

/** Undoes any of them. */
export function mend(redis: Redis): void {
  redis.mend().after(0).hasEndpoints = true;
}
