import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { AliyunServer, pass, type Reaction } from "../support/moderation/aliyun.js";
import { startGateway, type Gateway } from "./gateway.js";

// The moderation service fails in every way while clients go on asking, half of them for streams:
// each request gets the answer of its `failMode`, none hangs, and when the service is well again
// all is judged again.

const LIMIT_MS = 120_000;
const TIMEOUT_MS = 400;
const CLIENTS = 6;
/** Streams, and requests for none, that are sent and answered in each phase, at least. */
const MANY = 4;

const CREDENTIALS = { id: "testAK", secret: "testSK" };
const PIECES = Array.from({ length: 12 }, (_, i) => `piece ${i} of the answer. `);
const ANSWER = PIECES.join("");
const FAILED = '"code":"content_check_failed"';

const FAULTS: Record<string, Reaction> = {
  slow: { kind: "silence" },
  garbage: { kind: "garbage", body: '{"Code":"200","Data":[' },
  500: { kind: "status", status: 500 },
  "a code of its own": { kind: "code", code: 588 },
  reset: { kind: "reset" },
};

/** What a client got. */
interface Got {
  streams: boolean;
  /** Phase when it was sent; null: another one began before it was answered. */
  phase: string | null;
  status: number;
  body: string;
}

/** Clients that ask as long as they may. */
class Clients {
  readonly got: Got[] = [];
  phase = "well";
  private isOver = false;
  private readonly done: Promise<unknown>;

  constructor(private readonly url: string) {
    this.done = Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.ask(i % 2 === 0)));
  }

  /** A phase, until enough was answered in it. */
  async during(phase: string): Promise<Got[]> {
    this.phase = phase;
    const own = (): Got[] => this.got.filter((one) => one.phase === phase);
    const fewest = (): number => {
      const streams = own().filter((one) => one.streams).length;
      return Math.min(streams, own().length - streams);
    };
    await expect.poll(fewest, { timeout: 60_000 }).toBeGreaterThanOrEqual(MANY);
    return own();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }

  private async ask(streams: boolean): Promise<void> {
    const body = JSON.stringify({
      model: "m",
      stream: streams,
      messages: [{ role: "user", content: "What is the answer?" }],
    });
    while (!this.isOver) {
      const phase = this.phase;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(this.url, { method: "POST", headers, body });
      const text = await answer.text();
      const isWithin = phase === this.phase ? phase : null;
      this.got.push({ streams, phase: isWithin, status: answer.status, body: text });
    }
  }
}

let model: Server;
let service: AliyunServer;
let gateway: Gateway | null = null;
let clients: Clients | null = null;

beforeAll(async () => {
  await buildPlugins(["content-security"], ["envoy"]);
  model = await startModel();
  service = await AliyunServer.start(CREDENTIALS);
}, LIMIT_MS);
afterEach(async () => {
  await clients?.stop();
  await gateway?.envoy.stop();
  clients = gateway = null;
});
afterAll(() => {
  service?.stop();
  model?.closeAllConnections();
  model?.close();
});

describe.each(["request", "answer"] as const)("nobody judges the %s", (what) => {
  test.each(["open", "closed"] as const)(
    "failMode: %s",
    async (failMode) => {
      gateway = await startGateway({
        plugins: [{ name: "content-security", config: configOf(what, failMode), file: MODULE }],
        upstreamPort: (model.address() as AddressInfo).port,
        clusters: { safecheck: service.port },
        workers: 2,
      });
      service.moderation.react = pass;
      const load = (clients = new Clients(`${gateway.url}/v1/chat/completions`));
      expectAll(await load.during("well"), expectPassed);

      const expectFailed = failMode === "open" ? expectPassed : expectRefused[what];
      for (const [fault, reaction] of Object.entries(FAULTS)) {
        load.phase = `${fault} soon`;
        service.moderation.react = () => reaction;
        await settled(load);
        expectAll(await load.during(fault), expectFailed);
      }

      load.phase = "killed soon";
      const { port } = service;
      service.stop();
      await settled(load);
      expectAll(await load.during("killed"), expectFailed);

      load.phase = "well again soon";
      service = await AliyunServer.start(CREDENTIALS, port);
      await settled(load);
      const asked = service.moderation.asked.length;
      expectAll(await load.during("well again"), expectPassed);
      expect(service.moderation.asked.length).toBeGreaterThan(asked);

      await load.stop();
      expect(service.moderation.faults).toEqual([]);
      const allowed = failMode === "open" || what === "answer" ? [200] : [200, 503];
      expect(load.got.filter(({ status }) => !allowed.includes(status))).toEqual([]);
      const metrics = await gateway.envoy.get("/stats?filter=ai_sec_error");
      expect(metrics).toMatch(/ai_sec_error: [1-9]/);
    },
    LIMIT_MS,
  );
});

test(
  "what nobody has to judge goes at once behind a verdict",
  async () => {
    const events = eventsOf(["a piece of forty characters, or even more"]).split(/(?<=\n\n)/);
    const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
    events.splice(1, 0, finish);
    const slow = createServer(async (request, response) => {
      for await (const _ of request);
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of events) {
        response.write(event);
        // Long enough that the verdict has come, and that Envoy reads each alone.
        await new Promise((over) => setTimeout(over, 150));
      }
      response.end();
    });
    await new Promise<void>((ready) => slow.listen(0, "127.0.0.1", ready));
    const config = { ...JSON.parse(configOf("answer", "open")), submitEmptyContent: false };
    gateway = await startGateway({
      plugins: [{ name: "content-security", config: JSON.stringify(config), file: MODULE }],
      upstreamPort: (slow.address() as AddressInfo).port,
      clusters: { safecheck: service.port },
    });
    service.moderation.react = pass;
    const asked = service.moderation.asked.length;
    const answer = await fetch(gateway.url, { method: "POST", body: "{}" });
    expect(await answer.text()).toBe(events.join(""));
    expect(service.moderation.asked.length).toBe(asked + 1);
    slow.close();
  },
  LIMIT_MS,
);

const MODULE = "build/envoy/content-security.wasm";

function configOf(what: "request" | "answer", failMode: string): string {
  return JSON.stringify({
    cluster: "safecheck",
    serviceHost: "green-cip.cn-shanghai.aliyuncs.com",
    accessKey: CREDENTIALS.id,
    secretKey: CREDENTIALS.secret,
    checkRequest: what === "request",
    checkResponse: what === "answer",
    bufferLimit: 40,
    timeout: TIMEOUT_MS,
    openAIDenyResponseFormat: "message",
    failMode,
  });
}

/** What was on its way when the phase began is over. */
async function settled(load: Clients): Promise<void> {
  const { length } = load.got;
  await expect.poll(() => load.got.length, { timeout: 60_000 }).toBeGreaterThan(length + CLIENTS);
}

function expectAll(got: Got[], expectOne: (one: Got) => void): void {
  for (const one of got) expectOne(one);
}

/** The whole answer of the model, not a byte less. */
function expectPassed({ status, streams, body }: Got): void {
  expect(status).toBe(200);
  expect(body).toBe(streams ? eventsOf(PIECES) : jsonOf(ANSWER));
}

const expectRefused = {
  request({ status, body }: Got): void {
    expect(status).toBe(503);
    expect(body).toContain(FAILED);
  },
  /** Plain Envoy has let the headers go. */
  answer({ status, streams, body }: Got): void {
    expect(status).toBe(200);
    expect(body).not.toContain("piece");
    if (!streams) return expect(body).toContain(FAILED);
    expect(body).toContain('"model":"from-security-guard"');
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
  },
};

function eventsOf(pieces: string[]): string {
  const events = pieces.map((content) =>
    JSON.stringify({
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { content } }],
    }),
  );
  return [...events, "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
}

function jsonOf(content: string): string {
  const message = { role: "assistant", content };
  return JSON.stringify({ object: "chat.completion", choices: [{ index: 0, message }] });
}

/** Answers with `ANSWER`; in a stream a few events at a time. */
async function startModel(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      if (!(JSON.parse(body) as { stream: boolean }).stream) {
        response.writeHead(200, { "content-type": "application/json" }).end(jsonOf(ANSWER));
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      const events = eventsOf(PIECES).split(/(?<=\n\n)/);
      const send = (from: number): void => {
        const part = events.slice(from, from + 3).join("");
        if (part) setTimeout(() => send(from + 3), 2);
        if (part) response.write(part);
        else response.end();
      };
      send(0);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}
