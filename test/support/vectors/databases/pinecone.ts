import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

/** Pinecone's data plane with the metric cosine; the collection is a namespace. */
export function pinecone(index: VectorIndex, namespace: string, apiKey: string): wire.Service {
  return (request) => {
    wire.checkHeader(request, "api-key", apiKey);
    return request.path === "/query" ? query(request) : upsert(request);
  };

  function query(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/query");
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["namespace", "vector", "topK", "includeMetadata", "includeValues"],
      ["filter"],
    );
    wire.checkSame(
      [body.namespace, body.includeMetadata, body.includeValues],
      [namespace, true, false],
    );
    const partition = body.filter === undefined ? null : partitionOf(body.filter);
    const hits = index.search(
      wire.vectorOf(body.vector),
      wire.numberOf(body.topK),
      ({ fields }) => partition === null || fields.partition === partition,
    );
    const matches = hits.map(({ point, cosine }) => ({
      id: point.id,
      score: cosine,
      values: [],
      metadata: point.fields,
    }));
    return { status: 200, body: { matches, namespace, usage: { readUnits: 1 } } };
  }

  function upsert(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/vectors/upsert");
    const body = wire.membersOf(wire.bodyOf(request), ["vectors", "namespace"]);
    wire.checkSame(body.namespace, namespace);
    const { id, values, metadata } = wire.membersOf(wire.onlyOf(body.vectors), [
      "id",
      "values",
      "metadata",
    ]);
    const fields = wire.membersOf(metadata, ["question", "answer"], ["partition", "created_at"]);
    index.store(wire.vectorOf(values), fields, wire.textOf(id));
    return { status: 200, body: { upsertedCount: 1 } };
  }
}

function partitionOf(filter: unknown): string {
  const { partition } = wire.membersOf(filter, ["partition"]);
  return wire.textOf(wire.membersOf(partition, ["$eq"]).$eq);
}
