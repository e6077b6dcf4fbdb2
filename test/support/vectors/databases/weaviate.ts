import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

const QUERY =
  /^\{ Get \{ (\w+) \( limit: (\d+) nearVector: \{ vector: (\[[^\]]*\]) \}( where: \{ path: \["partition"\] operator: Equal valueText: "([0-9a-f]{64})" \})? \) \{ question answer _additional \{ distance( lastUpdateTimeUnix)? \} \} \} \}$/;

/**
 * Weaviate with the distance cosine, 1 - cos. Errors of a query have status 200.
 *
 * @param now what its clock shows, in milliseconds
 */
export function weaviate(
  index: VectorIndex,
  name: string,
  apiKey: string,
  now: () => number = Date.now,
): wire.Service {
  return (request) => {
    wire.checkHeader(request, "authorization", `Bearer ${apiKey}`);
    if (request.path === "/v1/graphql") return query(request);
    return request.path === "/v1/objects" ? store(request) : replace(request);
  };

  function query(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v1/graphql");
    const text = wire.textOf(wire.membersOf(wire.bodyOf(request), ["query"]).query);
    const match = QUERY.exec(text);
    wire.check(match !== null, "no query that this knows");
    const [, className, limit, vector = "", , partition, age] = match;
    wire.checkSame(className, name);
    const hits = index.search(
      wire.vectorOf(JSON.parse(vector)),
      Number(limit),
      ({ fields }) => partition === undefined || fields.partition === partition,
    );
    const found = hits.map(({ point: { fields }, cosine }) => ({
      _additional: {
        distance: 1 - cosine,
        ...(age !== undefined && { lastUpdateTimeUnix: fields.made }),
      },
      answer: fields.answer,
      question: fields.question,
    }));
    return { status: 200, body: { data: { Get: { [name]: found } } } };
  }

  function store(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v1/objects");
    const body = wire.membersOf(wire.bodyOf(request), ["class", "vector", "properties"]);
    return { status: 200, body: keep(body) };
  }

  /** An object of the same id is written over. */
  function replace(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v1/batch/objects");
    const { objects } = wire.membersOf(wire.bodyOf(request), ["objects"]);
    const members = ["class", "id", "vector", "properties"];
    return { status: 200, body: [keep(wire.membersOf(wire.onlyOf(objects), members))] };
  }

  function keep({ class: className, id, vector, properties }: Record<string, unknown>): object {
    wire.checkSame(className, name);
    const fields = wire.membersOf(properties, ["question", "answer"], ["partition"]);
    const known = id === undefined ? undefined : wire.textOf(id);
    const made = String(now());
    const point = index.store(wire.vectorOf(vector), { ...fields, made }, known);
    return { id: point.id, class: name, properties: fields };
  }
}
