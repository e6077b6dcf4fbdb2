import type { VectorIndex } from "../../../../examples/demo/vectors/vector-index.js";
import * as wire from "../../../../examples/demo/vectors/wire.js";

/** Results when a query does not say `n_results`, which the first API's callers do not. */
const DEFAULT_RESULTS = 10;

/**
 * Chroma with its default distance: that of unit vectors, squared, 2 - 2 cos.
 *
 * @param isSecond API v2 of servers since 1.0; else v1
 */
export function chroma(index: VectorIndex, collection: string, isSecond: boolean): wire.Service {
  const base = isSecond ? "/api/v2/tenants/default_tenant/databases/default_database" : "/api/v1";
  const path = `${base}/collections/${collection}`;
  return (request) => {
    if (request.path === `${path}/query`) return query(request);
    return add(request, request.path === `${path}/upsert`);
  };

  function query(request: wire.WireRequest): wire.WireAnswer {
    wire.checkCall(request, "POST", `${path}/query`);
    const count = isSecond ? "n_results" : "limit";
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["query_embeddings", count, "include"],
      ["where"],
    );
    const include = body.include as string[];
    wire.checkSame(include.slice(0, 2), ["distances", "documents"]);
    const partition = body.where === undefined ? null : partitionOf(body.where);
    const k = wire.numberOf(body[count]);
    const hits = index.search(
      wire.vectorOf(wire.onlyOf(body.query_embeddings)),
      isSecond ? k : DEFAULT_RESULTS,
      ({ fields }) => partition === null || fields.partition === partition,
    );
    return {
      status: 200,
      body: {
        ids: [hits.map(({ point }) => point.id)],
        embeddings: null,
        documents: [hits.map(({ point }) => point.fields.document)],
        metadatas: include.includes("metadatas") ? [hits.map(({ point }) => point.fields)] : null,
        distances: [hits.map(({ cosine }) => 2 - 2 * cosine)],
      },
    };
  }

  /** An id that is known is not added again, and nobody is told. */
  function add(request: wire.WireRequest, replaces: boolean): wire.WireAnswer {
    wire.checkCall(request, "POST", replaces ? `${path}/upsert` : `${path}/add`);
    const body = wire.membersOf(
      wire.bodyOf(request),
      ["embeddings", "documents", "ids"],
      ["metadatas"],
    );
    const id = wire.textOf(wire.onlyOf(body.ids));
    const document = wire.textOf(wire.onlyOf(body.documents));
    const more = ["partition", "created_at"];
    const metadata =
      body.metadatas === undefined ? {} : wire.membersOf(wire.onlyOf(body.metadatas), [], more);
    const vector = wire.vectorOf(wire.onlyOf(body.embeddings));
    if (replaces || !index.has(id)) index.store(vector, { ...metadata, document }, id);
    return { status: 201, body: true };
  }
}

function partitionOf(where: unknown): string {
  return wire.textOf(wire.membersOf(where, ["partition"]).partition);
}
