import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson, readBody } from "./body.js";
import { checkFault, type FaultSwitch } from "./faults.js";
import { sendError, sendJson } from "./replies.js";
import { masked, type RequestLog } from "./requests.js";

const BODY_LIMIT = 4096;

/**
 * The mock's own endpoints, for people and tests; a gateway in front of it should not offer them:
 * `GET /mock/requests[?last=n]`, `DELETE /mock/requests`, `GET /mock/fault`,
 * `POST /mock/fault`, `DELETE /mock/fault`.
 */
export class MockControls {
  constructor(
    private readonly log: RequestLog,
    private readonly faults: FaultSwitch,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path, query] = (request.url ?? "/").split("?", 2);
    switch (`${request.method} ${path}`) {
      case "GET /mock/requests":
        return this.show(Number(new URLSearchParams(query).get("last") ?? Infinity), response);
      case "DELETE /mock/requests":
        this.log.clear();
        return sendJson(response, 200, {});
      case "GET /mock/fault":
        return sendJson(response, 200, this.faults.all());
      case "POST /mock/fault":
        return await this.setFault(request, response);
      case "DELETE /mock/fault":
        this.faults.set(null);
        return sendJson(response, 200, {});
      default:
        return sendError(response, 404, "unknown_url", "No such control.");
    }
  }

  /** Pretty-printed, because people read it. */
  private show(last: number, response: ServerResponse): void {
    const requests = this.log.all();
    const shown = requests.slice(last > 0 ? -last : requests.length).map(masked);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(shown, null, 2) + "\n");
  }

  private async setFault(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = checkFault(parseJson((await readBody(request, BODY_LIMIT)) ?? ""));
    if (!fault) return sendError(response, 400, "bad_fault", "The fault is not understood.");
    this.faults.set(fault);
    sendJson(response, 200, fault);
  }
}
