import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

/** Milvus's RESTful API v2, metric COSINE, ids of its own. Errors have status 200 and a code. */
export function milvus(index: VectorIndex, collection: string, apiKey: string): wire.Service {
  return (request) => {
    wire.checkHeader(request, "authorization", `Bearer ${apiKey}`);
    if (request.path.endsWith("/search")) return search(request);
    return request.path.endsWith("/delete") ? remove(request) : insert(request);
  };

  function search(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v2/vectordb/entities/search");
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["collectionName", "data", "annsField", "limit", "outputFields"],
      ["filter"],
    );
    wire.checkSame([body.collectionName, body.annsField], [collection, "vector"]);
    const outputs = body.outputFields;
    const isDated = Array.isArray(outputs) && outputs.includes("created_at");
    wire.checkSame(outputs, ["question", "answer", ...(isDated ? ["created_at"] : [])]);
    const accepts = conditionOf(body.filter);
    const hits = index.search(
      wire.vectorOf(wire.onlyOf(body.data)),
      wire.numberOf(body.limit),
      ({ fields }) => accepts(fields),
    );
    const data = hits.map(({ point: { id, fields }, cosine }) => ({
      id: Number(id),
      distance: cosine,
      question: fields.question,
      answer: fields.answer,
      ...(isDated && { created_at: fields.created_at }),
    }));
    return { status: 200, body: { code: 0, cost: 0, data } };
  }

  function insert(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v2/vectordb/entities/insert");
    const body = wire.membersOf(wire.bodyOf(request), ["collectionName", "data"]);
    wire.checkSame(body.collectionName, collection);
    const { vector, ...fields } = wire.membersOf(
      wire.onlyOf(body.data),
      ["vector", "question", "answer"],
      ["partition", "created_at"],
    );
    const { id } = index.store(wire.vectorOf(vector), fields);
    return {
      status: 200,
      body: { code: 0, cost: 1, data: { insertCount: 1, insertIds: [Number(id)] } },
    };
  }

  function remove(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v2/vectordb/entities/delete");
    const body = wire.membersOf(wire.bodyOf(request), ["collectionName", "filter"]);
    wire.checkSame(body.collectionName, collection);
    const isGone = goneBy(body.filter);
    index.remove(({ fields }) => isGone(fields));
    return { status: 200, body: { code: 0, cost: 0, data: {} } };
  }
}

/** Which entities go: those of a question, the text in Milvus's quotes, from before. */
function goneBy(filter: unknown): (fields: Record<string, unknown>) => boolean {
  const match = /^question == (".*") and created_at < (\d+)$/.exec(wire.textOf(filter));
  wire.check(match !== null, "no expression");
  const [, question = "", before] = match;
  return (fields) =>
    fields.question === JSON.parse(question) && Number(fields.created_at) < Number(before);
}

/** What an entity must be. */
function conditionOf(filter: unknown): (fields: Record<string, unknown>) => boolean {
  if (filter === undefined) return () => true;
  const text = wire.textOf(filter);
  const match = /^(?:partition == "([0-9a-f]{64})")?(?: and )?(?:created_at > (\d+))?$/.exec(text);
  wire.check(match !== null && text !== "", "no expression");
  const [, partition, after] = match;
  return (fields) =>
    (partition === undefined || fields.partition === partition) &&
    (after === undefined || Number(fields.created_at) > Number(after));
}
