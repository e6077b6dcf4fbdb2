import type { VectorIndex } from "../vector-index.js";
import * as wire from "../wire.js";

const QUERY =
  /^\{ Get \{ (\w+) \( limit: (\d+) nearVector: \{ vector: (\[[^\]]*\]) \}( where: \{ path: \["partition"\] operator: Equal valueText: "([0-9a-f]{64})" \})? \) \{ question answer _additional \{ distance( creationTimeUnix)? \} \} \} \}$/;

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
    return request.path === "/v1/graphql" ? query(request) : store(request);
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
        ...(age !== undefined && { creationTimeUnix: fields.made }),
      },
      answer: fields.answer,
      question: fields.question,
    }));
    return { status: 200, body: { data: { Get: { [name]: found } } } };
  }

  function store(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", "/v1/objects");
    const body = wire.membersOf(wire.bodyOf(request), ["class", "vector", "properties"]);
    wire.checkSame(body.class, name);
    const fields = wire.membersOf(body.properties, ["question", "answer"], ["partition"]);
    const made = String(now());
    const { id } = index.store(wire.vectorOf(body.vector), { ...fields, made });
    return { status: 200, body: { id, class: name, properties: fields } };
  }
}
