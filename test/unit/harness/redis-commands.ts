import { script, STORES } from "./redis-store-scripts.js";

const line = (text: string) => text.split(" ");
const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((one) => line(one.trim()));

const PLAIN = lines(`
  ping
  ping hello
  PiNg a b
  echo x
  get
  get a b
  nosuch
  nosuch a b
  set a 1
  set a
  set a 1 zz
  set a 2 nx
  set b 2 xx
  set a 3 xx get
  set a 3 nx xx
  set a 3 ex 0
  set a 3 ex x
  set a 3 ex
  set a 4 ex 100 px 5
  set a 5 ex 100
  ttl a
  set a 6 keepttl
  ttl a
  persist a
  persist a
  ttl a
  ttl none
  pttl none
  expire none 5
  expire a x
  expire a -1
  get a
  setex a 100 v
  setex a 0 v
  setex a 100
  psetex a 0 v
  setnx a 1
  setnx c 1
  getset c 2
  getdel c
  getdel c
  mset m1 1 m2
  mset m1 1 m2 2
  mget m1 none m2
  mget
  exists m1 m1 none
  del m1 none
  unlink m2
  append s abc
  append s def
  strlen s
  strlen none
  getrange s 1 -2
  getrange s -100 1
  getrange s 3 1
  incr n
  incrby n 10
  incrby n 1.5
  incrby n
  decr n
  decrby n 3
  incr s
  set big 9223372036854775806
  incr big
  incr big
  incrby big 9223372036854775808
  set odd 007
  incr odd
  set odd +7
  incr odd
  incrbyfloat n 1.5
  incr n
  incrbyfloat n x
  type n
  type none
  hset h a 1 b 2
  hset h a
  hset h a 1 b
  hset h a 3 c 4
  hsetnx h a 9
  hsetnx h z 9
  hmset h d 5
  hget h a
  hget h none
  hget none a
  hmget h a none b
  hgetall h
  hgetall none
  hkeys h
  hvals h
  hlen h
  hexists h a
  hexists h none
  hincrby h a 5
  hincrby h a x
  hset h word w
  hincrby h word 1
  hdel h a b c d z word none
  exists h
  type h
  hincrby h n 1
  hdel h n
  exists h
  get h
  hset h f v
  get h
  incr h
  lpush h x
  sadd h x
  zadd h 1 x
  hget a f
  mget h a
  type h
  rpush l a b c
  lpush l z y
  lrange l 0 -1
  lrange l 1 2
  lrange l 5 9
  lrange l x 1
  lrange l 1
  lindex l 0
  lindex l -1
  lindex l 99
  llen l
  lpop l
  rpop l
  rpop l 2
  lpop l -1
  ltrim l 5 9
  exists l
  lpop l
  rpush l a
  lpop l
  exists l
  sadd si 3 1 2 1
  smembers si
  sismember si 1
  sismember si 9
  scard si
  srem si 1 9
  srem si 2 3
  exists si
  srem none x
  zadd z 1 a 2 b 3.5 c
  zadd z x a
  zadd z 1
  zadd z 1 a 2
  zadd z 5 a
  zscore z c
  zscore z none
  zcard z
  zrange z 0 -1
  zrange z 0 -1 withscores
  zrange z 0 1 zz
  zrangebyscore z 2 5
  zrangebyscore z (2 (5
  zrangebyscore z -inf +inf withscores
  zrangebyscore z -inf +inf limit 1 1
  zrangebyscore z -inf +inf limit 1
  zrangebyscore z a b
  zcount z 2 4
  zremrangebyscore z 2 4
  zrem z a none
  exists z
  zadd z inf a
  zscore z a
  type z
  hget z a
  rename z y
  rename z y
  type y
  keys y*
  multi
  set t 1
  incr t
  hget t f
  exec
  multi
  multi
  get
  set t 5
  exec
  get t
  exec
  discard
  multi
  set t 9
  discard
  get t
  eval
  eval x
  script load
  script nope
  script exists 0000000000000000000000000000000000000000
  evalsha 0000000000000000000000000000000000000000 0
  dbsize
  flushdb
  dbsize
`);

const BINARY: string[][] = [
  ["set", "\0\xff\r\n", "\xc3\x28\0\xfe"],
  ["get", "\0\xff\r\n"],
  ["strlen", "\0\xff\r\n"],
  ["append", "\0\xff\r\n", "\xe2\x82"],
  ["hset", "bin", "\xff", "\x80"],
  ["hgetall", "bin"],
  ["eval", "return {KEYS[1]..ARGV[1],#ARGV[1]}", "1", "\0\xff", "\xc3\x28\0"],
  ["set", "", ""],
  ["get", ""],
];

const SCRIPTS: string[][] = [
  script("return 1"),
  script("return 3.99"),
  script("return -3.99"),
  script("return 'x'"),
  script("return true"),
  script("return false"),
  script("return nil"),
  script("return"),
  script("return {1,'a',nil,3}"),
  script("return {1,{2,{3}},false,true,4.7}"),
  script("return {}"),
  script("return {ok='FINE'}"),
  script("return {err='BAD thing'}"),
  script("return redis.status_reply('S')"),
  script("return redis.error_reply('ERR mine')"),
  script("return {KEYS,ARGV}", "2", "a", "b", "c", "d"),
  script("return 1", "2", "a"),
  script("return 1", "-1"),
  script("return 1", "x"),
  script("return redis.call('set',KEYS[1],ARGV[1])", "1", "k", "12"),
  script("return redis.call('get','k')"),
  script("return redis.call('get','none')"),
  script("return redis.call('get','none')==false"),
  script("return type(redis.call('incr','k'))"),
  script("return redis.call('set','k','1')['ok']"),
  script("return redis.call('hget','k','f')"),
  script("return redis.pcall('hget','k','f')"),
  script("return redis.pcall('hget','k','f')['err']"),
  script("return redis.call('nosuch')"),
  script("return redis.call('get')"),
  script("return redis.call()"),
  script("return redis.call('get',{})"),
  script("return redis.call('multi')"),
  script("return redis.pcall('nosuch')"),
  script("return redis.pcall('get')['err']"),
  script("return {redis.pcall('hget','k','f'),1}"),
  script("local a=1\nlocal b=redis.call('lpush','k','v')\nreturn b"),
  script("x=1"),
  script("return y"),
  script("error('mine')"),
  script("return tonumber('12')..'|'..12/4 ..'|'..1/3 ..'|'..2^53 ..'|'..1e15"),
  script("return tostring(10/2)"),
  script("redis.call('set','num',7.5) return redis.call('get','num')"),
  script("redis.call('set','num',1/3) return redis.call('get','num')"),
  script("redis.call('set','num',2^31+2^31) return redis.call('get','num')"),
  script("return ARGV[1]+1", "0", "4294967295"),
  script("return tonumber(ARGV[1])*1000", "0", "2147483647"),
  script("return string.format('%d %5d %.2f %s',3,42,1.5,'x')"),
  script("return {unpack({1,2,3})}"),
  script("return {string.match('12:34','^(%d+):(%d+)$')}"),
  script("local t={} for i=1,3 do t[i]=i*2 end return #t"),
  script("return math.floor(7*3/4)"),
  script("return redis.call('incrby','none','1.0')"),
  ["script", "load", "return 'loaded'"],
  ["evalsha", "8d6d13ca5bbda7fa63fb90db7e42a0e06f3a4dc5", "0"],
];

/** Commands in the order in which they are played. */
export const ALL_WORDS: string[][] = [...PLAIN, ...BINARY, ...SCRIPTS, ...STORES];
