import { IdTable } from "./id-table";

/** Who waits for the answer to a call, and what it asked. */
@final
export class Callout {
  constructor(
    readonly owner: u32,
    readonly tag: i32,
  ) {}
}

// Tokens of the two kinds may coincide (harness.md 7), and token 0 is valid. Every token is
// answered exactly once, also after its stream is gone, so the tables need no clean-up.
/** Outstanding HTTP calls by token. */
export const httpCallouts: IdTable<Callout> = new IdTable<Callout>();
/** Outstanding Redis commands by token. */
export const redisCallouts: IdTable<Callout> = new IdTable<Callout>();
