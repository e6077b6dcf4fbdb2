import { expect, test } from "vitest";
import { ask, gateway, isHit, MEMORY } from "./support.js";

// What of a conversation is the question, and what is its history.

const turn = (role: string, content: string) => ({ role, content });
const chat = (...messages: object[]) => JSON.stringify({ messages });
const ALL = { ...MEMORY, cacheKeyStrategy: "allQuestions" };

test.each([
  ["a tool said something else at the end", "tool"],
  ["the model did", "assistant"],
])("all questions, with history: %s", async (_what, role) => {
  const host = await gateway({ ...ALL, cacheKeyPartition: ["history"] });
  const first = chat(turn("user", "pay?"), turn(role, "yes"));
  await ask(host, first);
  expect(isHit(await ask(host, chat(turn("user", "pay?"), turn(role, "no"))))).toBe(false);
  expect(isHit(await ask(host, first))).toBe(true);
  await host.close();
});

test("the last question, with history: what was said before it counts", async () => {
  const host = await gateway({ ...MEMORY, cacheKeyPartition: ["history"] });
  const after = (said: string) => chat(turn("assistant", said), turn("user", "why?"));
  await ask(host, after("red"));
  expect(isHit(await ask(host, after("blue")))).toBe(false);
  expect(isHit(await ask(host, after("red")))).toBe(true);
  await host.close();
});
