import { bytes, Slice } from "@ai-gateway-wasm/bytes";

// What Redis runs. Every call declares all its keys, no script asks for the time: the gateway's
// clock is an argument where one is needed (token-rate-limit.md 7.4).

/**
 * The peer's script A (token-rate-limit.md 4.2): {limit, used, ttl} per key, nothing written.
 * KEYS: counters. ARGV: limit and window of each.
 */
export const CHECK: Slice = bytes(
  "local r={} " +
    "for i=1,#KEYS do " +
    "local limit,ttl=tonumber(ARGV[2*i-1]),tonumber(ARGV[2*i]) " +
    "local value=redis.call('get',KEYS[i]) " +
    "if value then " +
    "local left=redis.call('ttl',KEYS[i]) " +
    "if left>=0 then ttl=left end " +
    "r[i]={limit,tonumber(value),ttl} " +
    "else r[i]={limit,0,ttl} end " +
    "end ",
);

/** How `CHECK` ends; the second answers one flat triple (token-rate-limit.md Appendix D). */
export const ALL_STATES: Slice = bytes("return r");
export const FIRST_STATE: Slice = bytes("return r[1]");

/**
 * The peer's script B (token-rate-limit.md 4.3): adds to each key that is not above its limit; the
 * window begins with its first charge. KEYS: counters. ARGV: limit, window and tokens of each.
 */
export const CHARGE: Slice = bytes(
  "for i=1,#KEYS do " +
    "local key,added=KEYS[i],ARGV[3*i] " +
    "if tonumber(redis.call('get',key) or 0)<=tonumber(ARGV[3*i-2]) and " +
    "(redis.call('incrby',key,added)==tonumber(added) or redis.call('ttl',key)<0) then " +
    "redis.call('expire',key,ARGV[3*i-1]) end " +
    "end return #KEYS",
);

/**
 * What peers have not: windows that look back, and reservations. Judges all buckets before it
 * writes to one, so that a denied request leaves nothing behind.
 *
 * KEYS: the counter and the one of the window before, by turns (twice the same when that does not
 * count). One more where it may arrive twice: it is there for a minute after a write, and what
 * comes then only reads. ARGV: mode, tokens, then for each bucket: limit, expiry in seconds, and how
 * much of the window before counts as a fraction, numerator and denominator.
 * Answers {index of the bucket that denies or 0, {{limit, used, milliseconds left} …}}; where the window
 * before counts, what was used in this one in place of the milliseconds.
 *
 *   check    reads                        reserve  all or nothing; an empty bucket takes any amount
 *   charge   leaves out full buckets      strict   all or nothing
 *   add      charges all
 */
export const WINDOWS: Slice = bytes(
  "local call,once=redis.call,#KEYS%2==1 and table.remove(KEYS) " +
    "local mode,added,n,states,denied=ARGV[1],tonumber(ARGV[2]),#KEYS/2,{},0 " +
    "if once and call('exists',once)==1 then mode='check' end " +
    "for i=1,n do " +
    "local key,limit,part=KEYS[2*i-1],tonumber(ARGV[4*i-1]),tonumber(ARGV[4*i+1]) " +
    "local count=tonumber(call('get',key) or 0) " +
    "local used=count " +
    "if used and part>0 then " +
    "local before=tonumber(call('get',KEYS[2*i]) or 0) " +
    "used=before and used+math.floor(before*part/tonumber(ARGV[4*i+2])) end " +
    "if mode=='reserve' or mode=='strict' then " +
    "if not used then return redis.error_reply('ERR counter '..i..' holds no number') end " +
    "if denied==0 and (used>=limit or (used+added>limit and (used>0 or mode=='strict'))) then " +
    "denied=i end end " +
    "states[i]={limit,used,part>0 and count or call('pttl',key)} " +
    "end " +
    "if mode~='check' and denied==0 and added>0 then " +
    "if once then call('set',once,1,'ex',60) end " +
    "for i=1,n do " +
    "local key,state=KEYS[2*i-1],states[i] " +
    "if mode~='charge' or state[2]<=state[1] then " +
    "call('incrby',key,ARGV[2]) " +
    "if call('pttl',key)<0 then call('expire',key,ARGV[4*i]) end " +
    "state[2]=state[2]+added " +
    "state[3]=tonumber(ARGV[4*i+1])>0 and state[3]+added or call('pttl',key) " +
    "end end end " +
    "return {denied,states}",
);

/**
 * Takes back what a reservation had too much, where it was taken: the reserved window is over when the
 * key is gone or has more time left than that window can have. An excess is added by `WINDOWS`.
 *
 * KEYS: counters. ARGV: difference, below 0, then for each the most milliseconds left.
 */
export const TAKE_BACK: Slice = bytes(
  "local call=redis.call " +
    "for i=1,#KEYS do " +
    "local key=KEYS[i] " +
    "local used=tonumber(call('get',key) or 0) " +
    "if used>0 and call('pttl',key)<=tonumber(ARGV[i+1]) then " +
    "call('incrby',key,math.max(tonumber(ARGV[1]),-used)) end " +
    "end return #KEYS",
);
