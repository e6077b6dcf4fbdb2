import { expect, test } from "vitest";
import { gateway } from "./support.js";

/** Key → bucket of 10 000, with the salt `r1-canary`, as computed elsewhere. */
const BUCKETS: [string, number][] = [
  ["alice", 9234],
  ["bob", 2708],
  ["user-1", 6879],
  ["user-2", 8668],
  ["用户", 5363],
  ["42", 7917],
];

test.each(BUCKETS)("the key %s is in bucket %d", async (key, bucket) => {
  const variants = [
    { name: "before", weight: bucket / 100 },
    { name: "it", weight: 0.01 },
    { name: "after", weight: (10_000 - bucket - 1) / 100 },
  ];
  const sticky = { by: ["body:user"], salt: "r1-canary" };
  const split = { responseHeader: "x-variant", rules: [{ name: "r", sticky, variants }] };
  const host = await gateway({ split });
  const answer = await host.fetch("/v1/chat/completions", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", user: key }),
  });
  expect(answer.headers).toContainEqual(["x-variant", "it"]);
  await host.close();
});
