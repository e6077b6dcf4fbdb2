import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

/** DashVector with the metric cosine: scores are distances, 1 - cos. */
export function dashvector(index: VectorIndex, collection: string, apiKey: string): wire.Service {
  const path = `/v1/collections/${collection}`;
  return (request) => {
    wire.checkHeader(request, "dashvector-auth-token", apiKey);
    if (request.path === `${path}/query`) return query(request);
    return request.path === `${path}/docs` ? insert(request) : upsert(request);
  };

  function query(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `${path}/query`);
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["vector", "topk", "include_vector"],
      ["filter"],
    );
    wire.checkSame(body.include_vector, false);
    const partition = body.filter === undefined ? null : partitionOf(body.filter);
    const hits = index.search(
      wire.vectorOf(body.vector),
      wire.numberOf(body.topk),
      ({ fields }) => partition === null || fields.partition === partition,
    );
    const output = hits.map(({ point: { id, fields }, cosine }) => ({
      id,
      fields,
      score: 1 - cosine,
    }));
    return { status: 200, body: { code: 0, request_id: "r", message: "Success", output } };
  }

  function insert(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `${path}/docs`);
    return store(request, ["vector", "fields"]);
  }

  function upsert(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `${path}/docs/upsert`);
    return store(request, ["id", "vector", "fields"]);
  }

  function store(request: wire.WireRequest, members: string[]): wire.WireAnswer {
    const { docs } = wire.membersOf(wire.bodyOf(request), ["docs"]);
    const { id, vector, fields } = wire.membersOf(wire.onlyOf(docs), members);
    const more = ["partition", "created_at"];
    const kept = wire.membersOf(fields, ["answer", "query"], more);
    index.store(wire.vectorOf(vector), kept, id === undefined ? undefined : wire.textOf(id));
    return { status: 200, body: { code: 0, request_id: "r", message: "Success", output: [] } };
  }
}

function partitionOf(filter: unknown): string {
  const match = /^partition = '([0-9a-f]{64})'$/.exec(wire.textOf(filter));
  wire.check(match !== null, "no expression");
  return match[1] ?? "";
}
