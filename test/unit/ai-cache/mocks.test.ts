import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { DATABASE_DIALECTS } from "../../support/vectors/databases.js";
import { EMBEDDING_DIALECTS } from "../../support/vectors/embeddings.js";
import { directionOf } from "../../support/vectors/meaning.js";
import { cosineOf, VectorIndex } from "../../../examples/demo/vectors/vector-index.js";
import { serve, type Service, type WireRequest } from "../../../examples/demo/vectors/wire.js";
import { Backends, PARTITION, type Call } from "./backends.js";
import { requestOf } from "./requests.js";

/* The back ends and the services that the other tests put behind them, without a gateway. */

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const OTHER = "Write a poem about spring in Paris.";
const OTHERS = PARTITION.replaceAll("a", "b");

/** What a service answers to a call that must be right. */
function answerOf(service: Service, call: Call): unknown {
  const { answer, refusal } = serve(service, requestOf(call));
  expect(refusal).toBeNull();
  return answer.body;
}

it("near questions point nearly the same way, others do not", () => {
  const cosine = (left: string, right: string): number =>
    cosineOf(directionOf(left), directionOf(right));
  expect(cosine(ASKED, ASKED)).toBeCloseTo(1);
  expect(cosine(ASKED, AGAIN)).toBeGreaterThan(0.85);
  expect(cosine(ASKED, OTHER)).toBeLessThan(0.5);
});

describe.each(EMBEDDING_DIALECTS)("$config.type", ({ config, serve: service }) => {
  const embedding = { ...config, serviceName: "e.dns" };

  it("gives the direction of the text", () => {
    const vector = backends.vector(embedding, answerOf(service, backends.embed(embedding, ASKED)));
    expect(JSON.parse(vector)).toEqual(directionOf(ASKED));
  });

  it("refuses what is wrong", () => {
    const call = requestOf(backends.embed(embedding, ASKED));
    const refused = (change: Partial<WireRequest>): string | null =>
      serve(service, { ...call, ...change }).refusal;
    expect(refused({})).toBeNull();
    expect(refused({ method: "PUT" })).not.toBeNull();
    expect(refused({ path: `${call.path}x` })).not.toBeNull();
    expect(refused({ headers: {} })).not.toBeNull();
    expect(refused({ body: call.body.slice(1) })).not.toBeNull();
    expect(refused({ body: call.body.replace("{", '{"more":1,') })).not.toBeNull();
  });
});

describe.each(DATABASE_DIALECTS)("$name", ({ config, opposite, serve: serviceOf }) => {
  const vector = { ...config, serviceName: "v.dns" };

  /** A database that knows one question of a partition. */
  const filled = (partition: string, more: object = {}): Service => {
    const service = serviceOf(new VectorIndex());
    store(service, ASKED, "8849 m", partition, more);
    return service;
  };

  const store = (
    service: Service,
    question: string,
    answer: string,
    partition: string,
    more: object,
  ): void => {
    const embedding = JSON.stringify(directionOf(question));
    const digest = createHash("sha256").update(partition).update(question).digest();
    const entry = { question, answer, embedding, digest };
    answerOf(service, backends.upload({ ...vector, ...more }, partition, {}, entry));
  };

  const find = (service: Service, question: string, partition = "", more: object = {}): unknown => {
    const database = { ...vector, ...more };
    const direction = JSON.stringify(directionOf(question));
    const body = answerOf(service, backends.query(database, direction, partition));
    const { failure, isAccepted, answer } = backends.nearest(database, body, { partition });
    return isAccepted ? answer : (failure ?? "far");
  };

  const NONE = "no query results found in response";

  it("finds the same and nearly the same question, no other", () => {
    const service = filled("");
    expect(find(service, ASKED)).toBe("8849 m");
    expect(find(service, AGAIN)).toBe("8849 m");
    expect(find(service, OTHER)).toBe("far");
    expect(find(serviceOf(new VectorIndex()), ASKED)).toBe(NONE);
  });

  it("the other way round it accepts the others", () => {
    const service = filled("");
    expect(find(service, ASKED, "", opposite)).toBe("far");
    expect(find(service, OTHER, "", opposite)).toBe("8849 m");
  });

  it.each(["prefix", "filter"])("partitions do not see each other (%s)", (partitionMode) => {
    const more = { partitionMode };
    const service = filled(PARTITION, more);
    expect(find(service, AGAIN, PARTITION, more)).toBe("8849 m");
    expect(find(service, AGAIN, OTHERS, more)).toBe(NONE);
    expect(find(service, AGAIN, "", more)).toBe(NONE);
    store(service, ASKED, "of the others", OTHERS, more);
    expect(find(service, AGAIN, OTHERS, more)).toBe("of the others");
    expect(find(service, AGAIN, PARTITION, more)).toBe("8849 m");
  });

  it("refuses what is wrong", () => {
    for (const call of [backends.query(vector, "[1,2]"), backends.upload(vector)]) {
      const request = requestOf(call);
      const refused = (change: Partial<WireRequest>): string | null =>
        serve(serviceOf(new VectorIndex()), { ...request, ...change }).refusal;
      expect(refused({})).toBeNull();
      expect(refused({ method: "GET" })).not.toBeNull();
      expect(refused({ path: `${request.path}x` })).not.toBeNull();
      expect(refused({ headers: {} })).not.toBeNull();
      expect(refused({ body: request.body.slice(1) })).not.toBeNull();
      expect(refused({ body: request.body.replace("{", '{"more":1,') })).not.toBeNull();
    }
  });
});
