// A plugin that does what its configuration says: "callback: op args; op args". Every host call
// is logged as "callback op args = status result", so a test can read what a host answered.

// @ts-expect-error: decorator
@external("env", "proxy_log")
declare function proxy_log(level: i32, p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_buffer_bytes")
declare function get_buffer(t: i32, start: i32, length: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_buffer_status")
declare function buffer_status(t: i32, N: usize, F: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_buffer_bytes")
declare function set_buffer(t: i32, start: i32, length: i32, p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_value")
declare function get_value(m: i32, p: usize, n: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_pairs")
declare function get_pairs(m: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_header_map_pairs")
declare function set_pairs(m: i32, p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_size")
declare function map_size(m: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_add_header_map_value")
declare function add_value(m: i32, p: usize, n: i32, vp: usize, vn: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_replace_header_map_value")
declare function replace_value(m: i32, p: usize, n: i32, vp: usize, vn: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_remove_header_map_value")
declare function remove_value(m: i32, p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_continue_stream")
declare function continue_stream(t: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_close_stream")
declare function close_stream(t: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_send_local_response")
declare function send_local(
  code: i32,
  dp: usize,
  dn: i32,
  bp: usize,
  bn: i32,
  hp: usize,
  hn: i32,
  grpc: i32,
): i32;
// @ts-expect-error: decorator
@external("env", "proxy_http_call")
declare function http_call(
  up: usize,
  un: i32,
  hp: usize,
  hn: i32,
  bp: usize,
  bn: i32,
  tp: usize,
  tn: i32,
  timeout: i32,
  out: usize,
): i32;
// @ts-expect-error: decorator
@external("env", "proxy_grpc_call")
declare function grpc_call(
  sp: usize,
  sn: i32,
  np: usize,
  nn: i32,
  mp: usize,
  mn: i32,
  ip: usize,
  in_: i32,
  rp: usize,
  rn: i32,
  timeout: i32,
  out: usize,
): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_status")
declare function get_status(code: usize, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_effective_context")
declare function set_effective(id: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_property")
declare function get_property(p: usize, n: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_property")
declare function set_property(p: usize, n: i32, vp: usize, vn: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_shared_data")
declare function get_shared(p: usize, n: i32, P: usize, N: usize, cas: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_shared_data")
declare function set_shared(p: usize, n: i32, vp: usize, vn: i32, cas: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_register_shared_queue")
declare function register_queue(p: usize, n: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_resolve_shared_queue")
declare function resolve_queue(vp: usize, vn: i32, p: usize, n: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_enqueue_shared_queue")
declare function enqueue(token: i32, p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_dequeue_shared_queue")
declare function dequeue(token: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_define_metric")
declare function define_metric(type: i32, p: usize, n: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_increment_metric")
declare function increment_metric(id: i32, by: i64): i32;
// @ts-expect-error: decorator
@external("env", "proxy_record_metric")
declare function record_metric(id: i32, value: i64): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_metric")
declare function get_metric(id: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_call_foreign_function")
declare function foreign(p: usize, n: i32, ap: usize, an: i32, P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_tick_period_milliseconds")
declare function set_tick(ms: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_current_time_nanoseconds")
declare function get_time(out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_log_level")
declare function get_level(out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_done")
declare function proxy_done(): i32;
// @ts-expect-error: decorator
@external("env", "proxy_redis_init")
declare function redis_init(
  sp: usize,
  sn: i32,
  up: usize,
  un: i32,
  pp: usize,
  pn: i32,
  timeout: i32,
): i32;
// @ts-expect-error: decorator
@external("env", "proxy_redis_call")
declare function redis_call(sp: usize, sn: i32, qp: usize, qn: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_inject_encoded_data_to_filter_chain")
declare function inject(p: usize, n: i32, end: i32): i32;
// @ts-expect-error: decorator
@external("env", "proxy_get_upstream_hosts")
declare function upstream_hosts(P: usize, N: usize): i32;
// @ts-expect-error: decorator
@external("env", "proxy_set_upstream_override_host")
declare function override_host(p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, iovs: usize, n: i32, out: usize): i32;
// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: i32): void;
// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "random_get")
declare function random_get(p: usize, n: i32): i32;
// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time(id: i32, precision: i64, out: usize): i32;
// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes(count: usize, size: usize): i32;

const cells = memory.data(32);
const script = new Map<string, string>();
const counts = new Map<string, i32>();
let lastStream: u32 = 0;
let mallocMode = 0;
let where = "";

export function proxy_abi_version_0_2_100(): void {}
export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: i32): usize {
  if (mallocMode == 1) return 0;
  if (mallocMode == 2) set_tick(1);
  return heap.alloc(size);
}
export function proxy_on_memory_allocate(size: i32): usize {
  return malloc(size);
}

export function abort(
  message: string | null,
  _file: string | null,
  _line: u32,
  _column: u32,
): void {
  if (message) log(5, message);
  unreachable();
}

function log(level: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  proxy_log(level, changetype<usize>(bytes), bytes.byteLength);
}

function bytes(text: string): ArrayBuffer {
  return String.UTF8.encode(
    text
      .replaceAll("\\0", "\0")
      .replaceAll("_SP_", " ")
      .replaceAll("\\r", "\r")
      .replaceAll("\\n", "\n"),
  );
}
function ptr(b: ArrayBuffer): usize {
  return changetype<usize>(b);
}

function hex(p: usize, n: usize): string {
  let out = "";
  for (let i: usize = 0; i < n; i++) {
    const byte = load<u8>(p + i);
    out += "0123456789abcdef".charAt(byte >> 4) + "0123456789abcdef".charAt(byte & 15);
  }
  return out;
}

// Text of the last result: out-cells 0 (pointer) and 4 (length).
function result(): string {
  const p = load<u32>(cells);
  const n = load<u32>(cells + 4);
  if (p == 0) return n == 0 ? "null" : "null+" + n.toString();
  return "'" + String.UTF8.decodeUnsafe(p, n) + "'";
}
function resultHex(): string {
  const p = load<u32>(cells);
  const n = load<u32>(cells + 4);
  return p == 0 ? "null" : hex(p, n);
}

function pairs(list: string): ArrayBuffer {
  const items = list.length == 0 ? new Array<string>(0) : list.split(",");
  const names = new Array<ArrayBuffer>(0);
  let size = 4;
  for (let i = 0; i < items.length; i++) {
    const at = items[i].indexOf("=");
    names.push(bytes(items[i].substring(0, at)));
    names.push(bytes(items[i].substring(at + 1)));
  }
  for (let i = 0; i < names.length; i++) size += names[i].byteLength + 5;
  const out = new ArrayBuffer(size);
  store<u32>(ptr(out), items.length);
  let at = ptr(out) + 4 + 4 * names.length;
  for (let i = 0; i < names.length; i++) {
    store<u32>(ptr(out) + 4 + 4 * i, names[i].byteLength);
    memory.copy(at, ptr(names[i]), names[i].byteLength);
    at += names[i].byteLength;
    store<u8>(at++, 0);
  }
  return out;
}

function arg(words: string[], i: i32): string {
  return i < words.length ? words[i] : "";
}
function num(words: string[], i: i32): i32 {
  return i < words.length ? I32.parseInt(words[i]) : 0;
}

/** Never comes back: the stack is full before. */
function recurse(n: i32): i32 {
  return n == i32.MAX_VALUE ? 0 : recurse(n + 1) + n;
}

let returned = 0;

// One operation; the returned text is what gets logged after "=".
function run(words: string[]): string {
  const op = words[0];
  const m = num(words, 1);
  const a = bytes(arg(words, 1));
  const b = bytes(arg(words, 2));
  const c = bytes(arg(words, 3));
  store<u64>(cells, 0);
  store<u64>(cells + 8, 0);
  if (op == "ret") {
    returned = m;
    return "";
  }
  if (op == "get")
    return get_value(m, ptr(b), b.byteLength, cells, cells + 4).toString() + " " + result();
  if (op == "pairs")
    return get_pairs(m, cells, cells + 4).toString() + " " + load<u32>(cells + 4).toString();
  if (op == "count") {
    const s = get_pairs(m, cells, cells + 4).toString();
    return s + " " + (load<u32>(cells) == 0 ? "0" : load<u32>(load<u32>(cells)).toString());
  }
  if (!isDefined(PROXYTEST))
    if (op == "size") return map_size(m, cells).toString() + " " + load<u32>(cells).toString();
  if (op == "add") return add_value(m, ptr(b), b.byteLength, ptr(c), c.byteLength).toString();
  if (op == "rep") return replace_value(m, ptr(b), b.byteLength, ptr(c), c.byteLength).toString();
  if (op == "rem") return remove_value(m, ptr(b), b.byteLength).toString();
  if (op == "setpairs") {
    const p = pairs(arg(words, 2));
    return set_pairs(m, ptr(p), p.byteLength).toString();
  }
  if (op == "setbad") return set_pairs(m, ptr(b), b.byteLength).toString();
  if (op == "many") {
    let list = "a=b";
    for (let i = 1; i < 1025; i++) list += ",a=b";
    const p = pairs(list);
    return set_pairs(m, ptr(p), p.byteLength).toString();
  }
  if (op == "buf")
    return (
      get_buffer(m, num(words, 2), num(words, 3), cells, cells + 4).toString() + " " + result()
    );
  if (!isDefined(PROXYTEST))
    if (op == "bufstat")
      return buffer_status(m, cells, cells + 4).toString() + " " + load<u32>(cells).toString();
  if (op == "setbuf") {
    const text = bytes(arg(words, 4));
    return set_buffer(m, num(words, 2), num(words, 3), ptr(text), text.byteLength).toString();
  }
  if (op == "cont") return continue_stream(m).toString();
  if (op == "close") return close_stream(m).toString();
  if (op == "reply") {
    const h = pairs(arg(words, 4));
    const grpc = words.length > 5 ? num(words, 5) : -1;
    return send_local(
      m,
      ptr(c),
      c.byteLength,
      ptr(b),
      b.byteLength,
      ptr(h),
      h.byteLength,
      grpc,
    ).toString();
  }
  if (op == "call") {
    const extra = arg(words, 5);
    const h = pairs(
      ":method=" +
        (words.length > 4 ? "POST" : "GET") +
        ",:path=" +
        arg(words, 2) +
        ",:authority=callout" +
        extra,
    );
    const body = bytes(arg(words, 4));
    const s = http_call(
      ptr(a),
      a.byteLength,
      ptr(h),
      h.byteLength,
      ptr(body),
      body.byteLength,
      0,
      0,
      num(words, 3),
      cells + 8,
    );
    return s.toString() + " " + load<u32>(cells + 8).toString();
  }
  if (op == "callbare") {
    const h = pairs(":method=GET");
    return (
      http_call(ptr(a), a.byteLength, ptr(h), h.byteLength, 0, 0, 0, 0, 0, cells + 8).toString() +
      " " +
      load<u32>(cells + 8).toString()
    );
  }
  if (!isDefined(PROXYTEST))
    if (op == "grpc") {
      const s = grpc_call(
        ptr(a),
        a.byteLength,
        ptr(b),
        b.byteLength,
        ptr(c),
        c.byteLength,
        0,
        0,
        ptr(b),
        b.byteLength,
        num(words, 4),
        cells + 8,
      );
      return s.toString() + " " + load<u32>(cells + 8).toString();
    }
  if (!isDefined(PROXYTEST))
    if (op == "status")
      return (
        get_status(cells + 8, cells, cells + 4).toString() +
        " " +
        load<u32>(cells + 8).toString() +
        " " +
        result()
      );
  if (op == "eff") return set_effective(words.length > 1 ? m : lastStream).toString();
  if (op == "prop") {
    const path = bytes(arg(words, 1).replaceAll(".", "\0"));
    return get_property(ptr(path), path.byteLength, cells, cells + 4).toString() + " " + result();
  }
  if (op == "prophex") {
    const path = bytes(arg(words, 1).replaceAll(".", "\0"));
    return (
      get_property(ptr(path), path.byteLength, cells, cells + 4).toString() + " " + resultHex()
    );
  }
  if (op == "setprop") return set_property(ptr(a), a.byteLength, ptr(b), b.byteLength).toString();
  if (op == "sget")
    return (
      get_shared(ptr(a), a.byteLength, cells, cells + 4, cells + 8).toString() +
      " " +
      result() +
      " " +
      load<u32>(cells + 8).toString()
    );
  if (op == "sset")
    return set_shared(ptr(a), a.byteLength, ptr(b), b.byteLength, num(words, 3)).toString();
  if (op == "qreg")
    return (
      register_queue(ptr(a), a.byteLength, cells).toString() + " " + load<u32>(cells).toString()
    );
  if (op == "qres")
    return (
      resolve_queue(ptr(b), b.byteLength, ptr(a), a.byteLength, cells).toString() +
      " " +
      load<u32>(cells).toString()
    );
  if (op == "enq") return enqueue(m, ptr(b), b.byteLength).toString();
  if (op == "deq") return dequeue(m, cells, cells + 4).toString() + " " + result();
  if (op == "mdef")
    return (
      define_metric(m, ptr(b), b.byteLength, cells).toString() + " " + load<u32>(cells).toString()
    );
  if (op == "minc") return increment_metric(m, I64.parseInt(arg(words, 2))).toString();
  if (op == "mrec") return record_metric(m, I64.parseInt(arg(words, 2))).toString();
  if (op == "mget") return get_metric(m, cells).toString() + " " + load<u64>(cells).toString();
  if (op == "foreign")
    return (
      foreign(ptr(a), a.byteLength, ptr(b), b.byteLength, cells, cells + 4).toString() +
      " " +
      resultHex()
    );
  if (op == "tick") return set_tick(m).toString();
  if (!isDefined(PROXYTEST))
    if (op == "time") return get_time(cells).toString() + " " + load<u64>(cells).toString();
  if (op == "clock") return clock_time(m, 0, cells).toString() + " " + load<u64>(cells).toString();
  if (op == "random") return random_get(heap.alloc(m), m).toString();
  if (op == "environ")
    return environ_sizes(cells, cells + 4).toString() + " " + load<u32>(cells).toString();
  if (!isDefined(PROXYTEST))
    if (op == "level") return get_level(cells).toString() + " " + load<u32>(cells).toString();
  if (op == "log") return proxy_log(m, ptr(b), b.byteLength).toString();
  if (op == "print") {
    store<u32>(cells + 16, ptr(b) as u32);
    store<u32>(cells + 20, b.byteLength);
    return fd_write(m, cells + 16, 1, cells).toString() + " " + load<u32>(cells).toString();
  }
  if (op == "exit") {
    proc_exit(m);
    return "returned";
  }
  if (op == "done") return proxy_done().toString();
  if (op == "badptr") return get_value(m, ptr(b), b.byteLength, 0xfffffff0, 0xfffffff0).toString();
  if (op == "badin") return add_value(m, 0xfffffff0, 100, 0, 0).toString();
  if (op == "malloc") {
    mallocMode = m;
    return "";
  }
  if (op == "grow") return memory.grow(m).toString();
  if (op == "leak") {
    heap.alloc(m);
    return "";
  }
  if (op == "scribble") {
    // What a careless SDK does: the body handed to the host is overwritten at once.
    const body = bytes("original");
    const status = set_buffer(m, 0, 1000, ptr(body), body.byteLength);
    memory.fill(ptr(body), 120, body.byteLength);
    return status.toString();
  }
  if (op == "trap") unreachable();
  if (op == "recurse") return recurse(m).toString();
  if (op == "loop") while (true) store<u32>(cells, 1);
  if (isDefined(HIGRESS)) {
    if (op == "rinit")
      return redis_init(ptr(a), a.byteLength, 0, 0, ptr(b), b.byteLength, num(words, 3)).toString();
    if (op == "redis") {
      let query = "*" + (words.length - 2).toString() + "\\r\\n";
      for (let i = 2; i < words.length; i++) {
        query += "$" + String.UTF8.byteLength(words[i]).toString() + "\\r\\n" + words[i] + "\\r\\n";
      }
      const q = bytes(query);
      return (
        redis_call(ptr(a), a.byteLength, ptr(q), q.byteLength, cells + 8).toString() +
        " " +
        load<u32>(cells + 8).toString()
      );
    }
    if (op == "hosts") return upstream_hosts(cells, cells + 4).toString() + " " + result();
    if (op == "override") return override_host(ptr(a), a.byteLength).toString();
    if (op == "inject") return inject(ptr(a), a.byteLength, num(words, 2)).toString();
  }
  return "unknown operation";
}

function on(callback: string, args: string): i32 {
  const outer = where;
  where = callback;
  returned = 0;
  const n = counts.has(callback) ? counts.get(callback) + 1 : 1;
  counts.set(callback, n);
  const numbered = callback + "#" + n.toString();
  const key = script.has(numbered) ? numbered : callback;
  if (script.has("args")) log(2, callback + "(" + args + ")");
  if (script.has(key)) {
    const ops = script.get(key).split(";");
    for (let i = 0; i < ops.length; i++) {
      const words = ops[i].trim().split(" ");
      if (words[0].length == 0) continue;
      const out = run(words);
      if (out.length > 0) log(2, callback + " " + ops[i].trim() + " = " + out);
    }
  }
  where = outer;
  const action = returned;
  if (outer.length == 0) __collect();
  return action;
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent != 0) lastStream = id;
  on(parent == 0 ? "root_create" : "create", id.toString() + ", " + parent.toString());
}
export function proxy_on_vm_start(_id: u32, _size: i32): i32 {
  return 1;
}
export function proxy_on_configure(_id: u32, size: i32): i32 {
  get_buffer(7, 0, size, cells, cells + 4);
  const p = load<u32>(cells);
  const lines =
    p == 0 ? new Array<string>(0) : String.UTF8.decodeUnsafe(p, load<u32>(cells + 4)).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const at = lines[i].indexOf(":");
    if (at > 0) script.set(lines[i].substring(0, at).trim(), lines[i].substring(at + 1));
  }
  const answer = on("configure", size.toString());
  return answer == 0 ? 1 : 0;
}
export function proxy_on_tick(id: u32): void {
  on("tick", id.toString());
}
export function proxy_on_request_headers(id: u32, n: i32, end: i32): i32 {
  lastStream = id;
  return on("request_headers", n.toString() + ", " + end.toString());
}
export function proxy_on_request_body(_id: u32, n: i32, end: i32): i32 {
  return on("request_body", n.toString() + ", " + end.toString());
}
export function proxy_on_request_trailers(_id: u32, n: i32): i32 {
  return on("request_trailers", n.toString());
}
export function proxy_on_response_headers(_id: u32, n: i32, end: i32): i32 {
  return on("response_headers", n.toString() + ", " + end.toString());
}
export function proxy_on_response_body(_id: u32, n: i32, end: i32): i32 {
  return on("response_body", n.toString() + ", " + end.toString());
}
export function proxy_on_response_trailers(_id: u32, n: i32): i32 {
  return on("response_trailers", n.toString());
}
export function proxy_on_http_call_response(
  _id: u32,
  token: i32,
  headers: i32,
  body: i32,
  trailers: i32,
): void {
  on(
    "http_call",
    token.toString() +
      ", " +
      headers.toString() +
      ", " +
      body.toString() +
      ", " +
      trailers.toString(),
  );
}
export function proxy_on_redis_call_response(_id: u32, token: i32, status: i32, size: i32): void {
  on("redis", token.toString() + ", " + status.toString() + ", " + size.toString());
}
export function proxy_on_grpc_receive(_id: u32, token: i32, size: i32): void {
  on("grpc_receive", token.toString() + ", " + size.toString());
}
export function proxy_on_grpc_close(_id: u32, token: i32, status: i32): void {
  on("grpc_close", token.toString() + ", " + status.toString());
}
export function proxy_on_queue_ready(_id: u32, token: i32): void {
  on("queue", token.toString());
}
export function proxy_on_log(id: u32): void {
  on("log", id.toString());
}
export function proxy_on_done(id: u32): i32 {
  return on("done", id.toString()) == 0 ? 1 : 0;
}
export function proxy_on_delete(id: u32): void {
  on("delete", id.toString());
}
