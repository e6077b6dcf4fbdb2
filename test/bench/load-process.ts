import autocannon from "autocannon";
import type { Load, LoadResult } from "./load.js";

// The process that makes the requests: apart from the one that measures, so that neither the
// garbage of the generator nor its event loop is anywhere near the figures.

async function drive(load: Load): Promise<LoadResult> {
  const { method, path, keyHeader, body } = load.traffic;
  const type: Record<string, string> = body ? { "content-type": "application/json" } : {};
  const request = (key: string) => ({ method, path, body, headers: { ...type, [keyHeader]: key } });
  let next = load.newKeysFrom ?? 0;
  const everNew = {
    ...request(""),
    setupRequest: (sent: object) => ({ ...sent, ...request(`consumer-${next++}`) }),
  };
  const result = await autocannon({
    url: `http://127.0.0.1:${load.port}`,
    connections: load.connections,
    amount: load.requests,
    sampleInt: 50, // it ends on a sample; the default of a second would make short bursts slow
    headers: { "user-agent": "bench", accept: "application/json", ...load.headers },
    requests: load.newKeysFrom === undefined ? load.keys.map(request) : [everNew],
  });
  return {
    ok: result["2xx"],
    refused: result.non2xx,
    errors: result.errors + result.timeouts,
    perSecond: result.requests.average,
  };
}

process.on("message", (load: Load) => {
  drive(load).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
