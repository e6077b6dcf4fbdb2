import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHost, upstream, type Host, type RetryOptions } from "proxy-wasm-test";
import { sleep } from "./envoy.js";
import { startGateway, type Gateway } from "./gateway.js";

const PATIENCE_MS = 300;
const RETRY: Required<Pick<RetryOptions, "on" | "retries">> = { on: "5xx", retries: 2 };

/** What one client was answered, in few words. */
type Answered = [status: number, body: string];

/** A gateway with that retry policy, before an upstream that fails each client once, then takes its time. */
interface Retrying {
  send(id: string, body?: Uint8Array): Promise<Answered>;
  stop(): Promise<void>;
}

async function realOne(): Promise<Retrying> {
  const seen = new Set<string>();
  const server: Server = createServer((request, response) => {
    const id = String(request.headers["x-client"]);
    request.resume().on("end", () => {
      const first = !seen.has(id);
      seen.add(id);
      if (first) response.writeHead(503).end("failed");
      else setTimeout(() => response.end("late"), PATIENCE_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gateway: Gateway = await startGateway({
    plugins: [],
    upstreamPort: (server.address() as AddressInfo).port,
    route: { retry_policy: { retry_on: RETRY.on, num_retries: RETRY.retries } },
  });
  return {
    send: async (id, body) => {
      const init = body ? { method: "POST", body: body as Uint8Array<ArrayBuffer> } : {};
      const answer = await fetch(gateway.url, { ...init, headers: { "x-client": id } });
      return [answer.status, await answer.text()];
    },
    stop: async () => {
      await gateway.envoy.stop();
      server.close();
    },
  };
}

async function harnessOne(): Promise<Retrying> {
  const seen = new Set<string>();
  const backend = upstream().script((request, sink) => {
    const id = request.get("x-client") ?? "";
    const first = !seen.has(id);
    seen.add(id);
    const answer = (status: number, body: string) => {
      sink.headers([[":status", String(status)]]);
      sink.data(body, true);
    };
    // The whole request first: nobody here answers early.
    const wait = (): void => {
      if (!request.complete) return sink.after(1, wait);
      if (first) answer(503, "failed");
      else sink.after(PATIENCE_MS, () => answer(200, "late"));
    };
    wait();
  });
  const host: Host = await createHost({
    plugins: [{ native: {} }],
    clusters: { backend },
    routes: [{ cluster: "backend", retry: RETRY }],
  });
  return {
    send: async (id, body) => {
      const init = body ? { method: "POST", body } : {};
      const answer = await host
        .fetch("http://a.test/", { ...init, headers: { "x-client": id } })
        .settle();
      return [answer.status, answer.text()];
    },
    stop: () => host.close(),
  };
}

describe.each([
  ["Envoy", realOne],
  ["the harness", harnessOne],
] as const)("%s", (_name, start) => {
  let retrying: Retrying;
  beforeAll(async () => void (retrying = await start()), 60_000);
  afterAll(() => retrying.stop());

  test("three retries may be under way, other failures pass", async () => {
    const ids = Array.from({ length: 10 }, (_, i) => `client ${i}`);
    const answers = await Promise.all(ids.map((id) => retrying.send(id)));
    expect(answers.map(([status]) => status).sort()).toEqual([
      ...Array<number>(3).fill(200),
      ...Array<number>(7).fill(503),
    ]);
    expect(answers.filter(([, body]) => body === "failed")).toHaveLength(7);
  });

  test("they make room again", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) {
      expect(await retrying.send(id)).toEqual([200, "late"]);
      await sleep(1);
    }
  });

  test.each([
    ["a body of the limit is kept for another attempt", 1 << 20, [200, "late"]],
    ["a longer one is not", (1 << 20) + 1, [503, "failed"]],
  ] as const)("%s", async (title, size, expected) => {
    expect(await retrying.send(title, new Uint8Array(size).fill(120))).toEqual(expected);
  });
});
