import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

/** Elasticsearch with a field of dense vectors whose similarity is cosine: scores are (1 + cos) / 2. */
export function elasticsearch(index: VectorIndex, name: string, apiKey: string): wire.Service {
  return (request) => {
    wire.checkHeader(request, "authorization", `ApiKey ${apiKey}`);
    return request.path === `/${name}/_search` ? search(request) : store(request);
  };

  function search(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `/${name}/_search`);
    const body = wire.membersOf(wire.bodyOf(request), ["_source", "knn", "size"]);
    wire.checkSame(body._source, { excludes: ["embedding"] });
    const knn = wire.membersOf(body.knn, ["field", "query_vector", "k"], ["filter"]);
    wire.checkSame([knn.field, knn.k], ["embedding", body.size]);
    const partition = knn.filter === undefined ? null : partitionOf(knn.filter);
    const found = index.search(
      wire.vectorOf(knn.query_vector),
      wire.numberOf(knn.k),
      ({ fields }) => partition === null || fields.partition === partition,
    );
    const hits = found.map(({ point: { id, fields }, cosine }) => ({
      _index: name,
      _id: id,
      _score: (1 + cosine) / 2,
      _source: fields,
    }));
    const total = { value: hits.length, relation: "eq" };
    return { status: 200, body: { took: 1, timed_out: false, hits: { total, hits } } };
  }

  function store(request: wire.WireRequest): wire.WireAnswer {
    const [path = "", id] = request.path.split(/(?<=\/_doc)\//);
    wire.checkCall({ ...request, path }, "POST", `/${name}/_doc`);
    const { embedding, ...fields } = wire.membersOf(
      wire.bodyOf(request),
      ["embedding", "question", "answer"],
      ["partition", "created_at"],
    );
    const point = index.store(wire.vectorOf(embedding), fields, id);
    return { status: 201, body: { _index: name, _id: point.id, result: "created" } };
  }
}

function partitionOf(filter: unknown): string {
  const { term } = wire.membersOf(filter, ["term"]);
  return wire.textOf(wire.membersOf(term, ["partition"]).partition);
}
