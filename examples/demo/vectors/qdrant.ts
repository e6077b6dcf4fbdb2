import type { VectorIndex } from "./vector-index.js";
import * as wire from "./wire.js";

/**
 * Qdrant's REST API with the metric Cosine: storing a point and searching.
 *
 * @param apiKey what calls must have in `api-key`; null: they need none
 */
export function qdrant(
  index: VectorIndex,
  collection: string,
  apiKey: string | null,
): wire.Service {
  const path = `/collections/${collection}/points`;
  return (request) => {
    if (apiKey !== null) wire.checkHeader(request, "api-key", apiKey, 403);
    return request.method === "PUT" ? upsert(request) : search(request);
  };

  function upsert(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "PUT", path);
    const { points } = wire.membersOf(wire.bodyOf(request), ["points"]);
    const point = wire.membersOf(wire.onlyOf(points), ["id", "vector", "payload"]);
    const payload = wire.membersOf(
      point.payload,
      ["question", "answer"],
      ["partition", "created_at"],
    );
    const id = wire.textOf(point.id);
    wire.check(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id), `${id} is no UUID`);
    index.store(wire.vectorOf(point.vector), payload, id);
    return {
      status: 200,
      body: { result: { operation_id: 1, status: "acknowledged" }, status: "ok" },
    };
  }

  function search(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `${path}/search`);
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["vector", "limit", "with_payload"],
      ["filter"],
    );
    wire.checkSame(body.with_payload, true);
    const partition = body.filter === undefined ? null : partitionOf(body.filter);
    const hits = index.search(
      wire.vectorOf(body.vector),
      wire.numberOf(body.limit),
      ({ fields }) => partition === null || fields.partition === partition,
    );
    const result = hits.map(({ point: { id, fields }, cosine }) => ({
      id,
      version: 1,
      score: cosine,
      payload: fields,
    }));
    return { status: 200, body: { result, status: "ok", time: 0.0001 } };
  }
}

function partitionOf(filter: unknown): string {
  const { must } = wire.membersOf(filter, ["must"]);
  const { key, match } = wire.membersOf(wire.onlyOf(must), ["key", "match"]);
  wire.checkSame(key, "partition");
  return wire.textOf(wire.membersOf(match, ["value"]).value);
}
