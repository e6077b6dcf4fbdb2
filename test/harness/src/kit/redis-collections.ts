import { RespError } from "../abi/resp.js";
import {
  bigInteger,
  float,
  integer,
  numberText,
  SortedSet,
  sum,
  type Database,
  type Reply,
} from "./redis-database.js";
import { OK, range, SYNTAX, type Command, type Commands } from "./redis-strings.js";

const Hash = Map<string, string>;
const List = Array<string>;
const Members = Set<string>;

const hset =
  (name: string, reply: (added: number) => Reply): Command =>
  ([key = "", ...pairs], db) => {
    if (pairs.length % 2 !== 0)
      throw new RespError(`ERR wrong number of arguments for '${name}' command`);
    const added = db.edit(key, Hash, (hash) => {
      const before = hash.size;
      for (let i = 0; i < pairs.length; i += 2) hash.set(pairs[i]!, pairs[i + 1]!);
      return hash.size - before;
    });
    return reply(added);
  };

const hincrby: Command = ([key = "", field = "", by = ""], db) => {
  const more = bigInteger(by);
  return db.edit(key, Hash, (hash) => {
    const refusal = new RespError("ERR hash value is not an integer");
    const next = sum(bigInteger(hash.get(field) ?? "0", refusal), more);
    hash.set(field, String(next));
    return next;
  });
};

const HASHES: Commands = {
  hset: [-4, hset("hset", (added) => added)],
  hmset: [-4, hset("hmset", () => OK)],
  hsetnx: [
    4,
    ([key = "", field = "", value = ""], db) =>
      db.edit(key, Hash, (hash) => (hash.has(field) ? 0 : (hash.set(field, value), 1))),
  ],
  hget: [3, ([key = "", field = ""], db) => db.read(key, Hash).get(field) ?? null],
  hmget: [
    -3,
    ([key = "", ...fields], db) => {
      const hash = db.read(key, Hash);
      return fields.map((field) => hash.get(field) ?? null);
    },
  ],
  hgetall: [2, ([key = ""], db) => [...db.read(key, Hash)].flat()],
  hdel: [
    -3,
    ([key = "", ...fields], db) =>
      db.edit(key, Hash, (hash) => fields.filter((field) => hash.delete(field)).length),
  ],
  hexists: [3, ([key = "", field = ""], db) => (db.read(key, Hash).has(field) ? 1 : 0)],
  hincrby: [4, hincrby],
  hkeys: [2, ([key = ""], db) => [...db.read(key, Hash).keys()]],
  hvals: [2, ([key = ""], db) => [...db.read(key, Hash).values()]],
  hlen: [2, ([key = ""], db) => db.read(key, Hash).size],
};

const pop =
  (take: (list: string[]) => string | undefined): Command =>
  ([key = "", count], db) =>
    db.edit(key, List, (list) => {
      if (count === undefined) return take(list) ?? null;
      const most = integer(count);
      if (most < 0) throw new RespError("ERR value is out of range, must be positive");
      if (list.length === 0) return null;
      return Array.from({ length: Math.min(most, list.length) }, () => take(list)!);
    });

const LISTS: Commands = {
  lpush: [
    -3,
    ([key = "", ...items], db) =>
      db.edit(key, List, (list) => list.unshift(...items.slice().reverse())),
  ],
  rpush: [-3, ([key = "", ...items], db) => db.edit(key, List, (list) => list.push(...items))],
  lpop: [-2, pop((list) => list.shift())],
  rpop: [-2, pop((list) => list.pop())],
  llen: [2, ([key = ""], db) => db.read(key, List).length],
  lindex: [3, ([key = "", at = ""], db) => db.read(key, List).at(integer(at)) ?? null],
  lrange: [
    4,
    ([key = "", from = "", to = ""], db) => range(db.read(key, List), integer(from), integer(to)),
  ],
  ltrim: [
    4,
    ([key = "", from = "", to = ""], db) => {
      const [start, end] = [integer(from), integer(to)];
      db.edit(key, List, (list) => list.splice(0, list.length, ...range(list, start, end)));
      return OK;
    },
  ],
};

/** Sets of integers are kept in order by Redis, others have none. */
function members(set: Set<string>): string[] {
  const items = [...set];
  const numbers = items.every((item) => /^(0|-?[1-9]\d*)$/.test(item));
  return numbers ? items.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)) : items;
}

const SETS: Commands = {
  sadd: [
    -3,
    ([key = "", ...items], db) =>
      db.edit(key, Members, (set) => {
        const before = set.size;
        for (const item of items) set.add(item);
        return set.size - before;
      }),
  ],
  srem: [
    -3,
    ([key = "", ...items], db) =>
      db.edit(key, Members, (set) => items.filter((item) => set.delete(item)).length),
  ],
  smembers: [2, ([key = ""], db) => members(db.read(key, Members))],
  sismember: [3, ([key = "", item = ""], db) => (db.read(key, Members).has(item) ? 1 : 0)],
  scard: [2, ([key = ""], db) => db.read(key, Members).size],
};

/** Members by score, then by bytes. */
function ordered(db: Database, key: string): [string, number][] {
  return [...db.read(key, SortedSet)].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}

const zadd: Command = ([key = "", ...pairs], db) => {
  if (pairs.length % 2 !== 0) throw SYNTAX;
  const scores = pairs.filter((_word, i) => i % 2 === 0).map(float);
  return db.edit(key, SortedSet, (set) => {
    const before = set.size;
    scores.forEach((score, i) => set.set(pairs[2 * i + 1]!, score));
    return set.size - before;
  });
};

/** One end of a score range; `(` leaves the score itself out. */
function bound(text: string): { score: number; open: boolean } {
  const open = text.startsWith("(");
  try {
    return { score: float(open ? text.slice(1) : text), open };
  } catch {
    throw new RespError("ERR min or max is not a float");
  }
}

function byScore(db: Database, key: string, min: string, max: string): [string, number][] {
  const [low, high] = [bound(min), bound(max)];
  return ordered(db, key).filter(
    ([, score]) =>
      (low.open ? score > low.score : score >= low.score) &&
      (high.open ? score < high.score : score <= high.score),
  );
}

const listed = (items: [string, number][], scores: boolean) =>
  items.flatMap(([item, score]) => (scores ? [item, numberText(score)] : [item]));

const zrangebyscore: Command = ([key = "", min = "", max = "", ...words], db) => {
  let found = byScore(db, key, min, max);
  let scores = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!.toLowerCase();
    if (word === "withscores") scores = true;
    else if (word === "limit" && i + 2 < words.length) {
      const [skip, count] = [integer(words[i + 1]!), integer(words[i + 2]!)];
      found = skip < 0 ? [] : found.slice(skip, count < 0 ? undefined : skip + count);
      i += 2;
    } else throw SYNTAX;
  }
  return listed(found, scores);
};

const zremrangebyscore: Command = ([key = "", min = "", max = ""], db) => {
  const gone = byScore(db, key, min, max);
  return db.edit(key, SortedSet, (set) => gone.filter(([item]) => set.delete(item)).length);
};

const zrange: Command = ([key = "", from = "", to = "", option], db) => {
  if (option !== undefined && option.toLowerCase() !== "withscores") throw SYNTAX;
  return listed(range(ordered(db, key), integer(from), integer(to)), option !== undefined);
};

const SORTED: Commands = {
  zadd: [-4, zadd],
  zscore: [
    3,
    ([key = "", item = ""], db) => {
      const score = db.read(key, SortedSet).get(item);
      return score === undefined ? null : numberText(score);
    },
  ],
  zcard: [2, ([key = ""], db) => db.read(key, SortedSet).size],
  zcount: [4, ([key = "", min = "", max = ""], db) => byScore(db, key, min, max).length],
  zrem: [
    -3,
    ([key = "", ...items], db) =>
      db.edit(key, SortedSet, (set) => items.filter((item) => set.delete(item)).length),
  ],
  zrange: [-4, zrange],
  zrangebyscore: [-4, zrangebyscore],
  zremrangebyscore: [4, zremrangebyscore],
};

/** Commands on hashes, lists, sets and sorted sets. */
export const COLLECTIONS: Commands = { ...HASHES, ...LISTS, ...SETS, ...SORTED };
