import { describe, expect, test } from "vitest";
import { BUILDS, SemanticGateway, type Config } from "./semantic-gateway.js";

// `cacheVersion` and the neighbours that lie in a database, which does not forget.

const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";

describe.each(BUILDS)("another cacheVersion on %s", (build) => {
  test.each<[what: string, more: Config, vector: Config]>([
    ["without an exact cache", {}, {}],
    ["behind one", { cache: { type: "memory" }, enableSemanticCache: true }, {}],
    ["where everybody shares", { cacheKeyPartition: [] }, {}],
    ["filtered by the database", {}, { partitionMode: "filter" }],
  ])("%s: no neighbour of an earlier one is found", async (_what, more, vector) => {
    /** A gateway whose database has what that of another had. */
    const open = async (cacheVersion: string, before?: SemanticGateway) => {
      const gateway = await SemanticGateway.open(build, {
        vector,
        more: { ...more, cacheVersion },
      });
      for (const { id, vector, fields } of before?.index.all ?? [])
        gateway.index.store(vector, fields, id);
      return gateway;
    };
    let before: SemanticGateway | undefined;
    for (const [version, entries] of [
      ["", 1],
      ["1", 2],
      ["2", 3],
    ] as const) {
      const gateway = await open(version, before);
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      expect(gateway.model.asked).toEqual([ASKED]);
      expect(gateway.index.size).toBe(entries);
      expect(gateway.refusals).toEqual([]);
      before = gateway;
    }
    for (const version of ["", "1", "2"]) {
      const gateway = await open(version, before);
      await gateway.ask(ASKED);
      expect([version, ...gateway.model.asked]).toEqual([version]);
    }
  });
});
