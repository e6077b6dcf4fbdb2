import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MockControls } from "./controls.js";
import { FaultSwitch, type Fault } from "./faults.js";
import { ModelHandler, type MockBehaviour } from "./handler.js";
import { Neighbours } from "./neighbours.js";
import { sendError } from "./replies.js";
import { RequestLog, type SeenRequest } from "./requests.js";

export interface MockModelOptions extends MockBehaviour {
  /** Port on 127.0.0.1; default 0, any free one. */
  port?: number;
}

/** A running mock model. */
export interface MockModel {
  port: number;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  /** The last requests with every header as it came, oldest first. Holds credentials: do not print. */
  requests(): readonly SeenRequest[];
  clearRequests(): void;
  /** Switches a fault on for all requests, null for none. */
  setFault(fault: Fault | null): void;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/**
 * Starts an OpenAI-compatible model server on 127.0.0.1, with embeddings and vectors for a cache.
 *
 * @throws Error of node:net when the port cannot be had
 */
export async function startMockModel(options: MockModelOptions = {}): Promise<MockModel> {
  const log = new RequestLog();
  const faults = new FaultSwitch();
  const model = new ModelHandler(options, log, faults);
  const controls = new MockControls(log, faults);
  const neighbours = new Neighbours();

  const server = createServer((request, response) => {
    const { url = "/" } = request;
    const isNeighbours = Neighbours.owns(url);
    const side = isNeighbours ? neighbours : url.startsWith("/mock/") ? controls : model;
    side.handle(request, response).catch(() => {
      // Only a client that left in the middle of its body gets here, or a bug of the mock.
      if (response.headersSent) response.destroy();
      else sendError(response, 500, "mock_failed", "The mock model failed.");
    });
  });
  // A gateway keeps connections: do not close them under it between two requests.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((ready, fail) => {
    server.once("error", fail);
    server.listen(options.port ?? 0, "127.0.0.1", () => ready());
  });

  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: () => log.all(),
    clearRequests: () => log.clear(),
    setFault: (fault) => faults.set(fault),
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}
