import { bytes, Slice } from "@ai-gateway-wasm/bytes";

// What Redis runs. KEYS are the balances, each followed by the hash of what was taken from it and
// not settled: field `<id>`, value `<tokens>:<deadline in ms>`. The gateway's clock is an argument.

/**
 * Gives back what nobody settled in time (of more than a hundred now and then, not each time: they would be
 * read for each of as many requests), then takes from all balances or from none. A missing one
 * begins with its grant, and what was taken from the one before it is not of this one.
 * ARGV: now in ms, id, tokens, `strict` or `allow`, deadline in ms (0: nothing is written down), then
 * for each balance its grant (0: none) and the seconds to keep one that begins (0: ever).
 * Answers {index of the balance that denies or 0, {balances}}, missing ones as null; the same without
 * taking anything when what is written down shows that it ran before.
 */
export const RESERVE: Slice = bytes(
  "local now,tokens,deadline=tonumber(ARGV[1]),tonumber(ARGV[3]),ARGV[5] " +
    "local n,balances,denied=#KEYS/2,{},0 " +
    "if redis.call('hexists',KEYS[2],ARGV[2])==1 then " +
    "for i=1,n do balances[i]=tonumber(redis.call('get',KEYS[2*i-1])) end " +
    "return {0,balances} end " +
    "for i=1,n do " +
    "local key,holds,grant=KEYS[2*i-1],KEYS[2*i],ARGV[2*i+4] " +
    "local balance=redis.call('get',key) " +
    "if balance and deadline~='0' and (redis.call('hlen',holds)<100 or now%100==0) then " +
    "local all=redis.call('hgetall',holds) " +
    "for j=1,#all,2 do " +
    "local held,ends=string.match(all[j+1],'^(%d+):(%d+)$') " +
    "if ends and tonumber(ends)<now then " +
    "redis.call('hdel',holds,all[j]) " +
    "balance=redis.call('incrby',key,held) end end end " +
    "local left=balance and (tonumber(balance) or 0) or grant~='0' and tonumber(grant) " +
    "if denied==0 and (not left or left<=0 or (ARGV[4]=='strict' and left<tokens)) then denied=i end " +
    "balances[i]=left " +
    "end " +
    "if denied==0 then " +
    "for i=1,n do " +
    "local key,holds,grant,keep=KEYS[2*i-1],KEYS[2*i],ARGV[2*i+4],ARGV[2*i+5] " +
    "if redis.call('exists',key)==0 then " +
    "redis.call('del',holds) " +
    "if keep=='0' then redis.call('set',key,grant) else redis.call('set',key,grant,'ex',keep) end " +
    "end " +
    "if tokens>0 then " +
    "balances[i]=redis.call('decrby',key,ARGV[3]) " +
    "if deadline~='0' then " +
    "redis.call('hset',holds,ARGV[2],ARGV[3]..':'..deadline) " +
    "local left=redis.call('pttl',key) " +
    "if left>0 then redis.call('pexpire',holds,left) end " +
    "end end end end " +
    "return {denied,balances}",
);

/**
 * Corrects a reservation. One that was given back meanwhile is charged as a whole. A balance that
 * is gone, with its period or by an administrator, stays gone.
 * ARGV: id, tokens taken, tokens spent, deadline in ms (0: it was not written down).
 */
export const SETTLE: Slice = bytes(
  "for i=1,#KEYS,2 do " +
    "local back=tonumber(ARGV[2]) " +
    "if ARGV[4]~='0' and redis.call('hdel',KEYS[i+1],ARGV[1])==0 then back=0 end " +
    "local change=back-tonumber(ARGV[3]) " +
    "if change~=0 and redis.call('exists',KEYS[i])==1 then redis.call('incrby',KEYS[i],change) end " +
    "end return #KEYS/2",
);
