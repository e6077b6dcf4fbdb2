import { upstream, type Upstream } from "proxy-wasm-test";

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
  ["no JSON", () => upstream().reply(200, { body: "<html>" }), false],
  ["502 of a proxy", () => upstream().reply(502, { body: "bad gateway" }), true],
];
