import { createRequire } from "node:module";
import { HarnessFault } from "../abi/fault.js";
import { RespError } from "../abi/resp.js";
import { fromBytes, toBytes } from "../abi/text.js";
import { numberText, RespStatus, type Reply } from "./redis-database.js";

/** The part of fengari (a Lua 5.3 in JavaScript) used here; a state is opaque. */
interface Fengari {
  lua: Record<string, (...args: unknown[]) => unknown> & Record<string, number>;
  lauxlib: Record<string, (...args: unknown[]) => unknown>;
  lualib: Record<string, (...args: unknown[]) => unknown>;
}
interface LuaNumber {
  value: number;
  ttisinteger(): boolean;
  setfltvalue(value: number): void;
}
interface LuaObjects {
  luaO_str2num(text: Uint8Array, into: LuaNumber): number;
  luaO_tostring(state: unknown, from: LuaNumber): void;
}

/** A call that never became a command; Redis shows where it stands in the script. */
export class Complaint extends RespError {}

/** Runs a command for a script; errors are returned. */
export type RedisCall = (words: string[]) => Reply;

// What Redis's Lua 5.1 has and 5.3 has not; the last value shows where an error comes from.
const PRELUDE = `
unpack, loadstring, math.pow = table.unpack, load, function(a, b) return a ^ b end
local format, getinfo, text_of = string.format, debug.getinfo, tostring
function tostring(value)
  return type(value) == 'number' and value .. '' or text_of(value)
end
string.format = function(text, ...) return format(text:gsub('%%([-0-9]*)d', '%%%1.0f'), ...) end
function redis.error_reply(text) return {err = text} end
function redis.status_reply(text) return {ok = text} end
function redis.log() end
function redis.replicate_commands() return true end
redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3
print, dofile, loadfile, require, package, io, os, debug, utf8 = nil
setmetatable(_G, {
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
  __index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. name .. "'", 2)
  end,
})
return function(err)
  for level = 2, 5 do
    local at = getinfo(level, 'Sl')
    if at and at.source == '@user_script' then
      return at.source .. ':' .. format('%d', at.currentline) .. ': ' .. err
    end
  end
  return err
end`;

let loaded: Fengari | undefined;

/** Loads the interpreter once, with the numbers of Lua 5.1: all are doubles. */
function fengari(): Fengari {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  try {
    loaded = require("fengari") as Fengari;
  } catch {
    throw new HarnessFault(
      "EVAL in the in-memory Redis needs the optional package fengari: npm install fengari@0.1.5",
    );
  }
  const objects = require("fengari/src/lobject.js") as LuaObjects;
  const { luaS_new } = require("fengari/src/lstring.js") as {
    luaS_new(state: unknown, text: Uint8Array): unknown;
  };
  const { luaO_str2num: parse } = objects;
  objects.luaO_str2num = (text, into) => {
    const end = parse(text, into);
    if (end !== 0 && into.ttisinteger()) into.setfltvalue(numberOf(text, into.value));
    return end;
  };
  objects.luaO_tostring = (state, from) => {
    const text = toBytes(shortText(from.value));
    (from as unknown as { setsvalue(value: unknown): void }).setsvalue(luaS_new(state, text));
  };
  return loaded;
}

/** Hexadecimal and octal-looking text as the interpreter read it, decimal text as a double. */
function numberOf(text: Uint8Array, parsed: number): number {
  const words = fromBytes(text).replace(/\0.*$/s, "").trim();
  return /^[+-]?\d+$/.test(words) ? Number(words) : parsed;
}

/** As C's `%.14g` prints it, which is what Lua 5.1 does. */
function shortText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14) return String(value);
  return Number.isFinite(value) ? gText(value) : numberText(value);
}

function gText(value: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -5 && exponent < 14) return String(Number(value.toPrecision(14)));
  const [mantissa = "", power = ""] = value.toExponential(13).split("e");
  const digits = mantissa.replace(/\.?0+$/, "");
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/** The Lua of one server: EVAL with the conversions of Redis 6.2. */
export class LuaScripts {
  private state: unknown;
  private handler = 0;
  private call: RedisCall = () => null;
  private readonly api = fengari();

  constructor() {
    const { lua, lauxlib, lualib } = this.api;
    const L = (this.state = lauxlib["luaL_newstate"]!());
    lualib["luaL_openlibs"]!(L);
    lua["lua_createtable"]!(L, 0, 0);
    for (const name of ["call", "pcall"]) {
      lua["lua_pushcfunction"]!(L, () => this.redisCall(name === "call"));
      lua["lua_setfield"]!(L, -2, toBytes(name));
    }
    lua["lua_setglobal"]!(L, toBytes("redis"));
    const failed = this.compile(PRELUDE, "=prelude") || lua["lua_pcall"]!(L, 0, 1, 0);
    if (failed) throw new HarnessFault(this.text(-1));
    this.handler = lua["lua_gettop"]!(L) as number;
  }

  /** Runs `text`; `name` is `f_<sha1>`. Throws RespError as Redis words it. */
  run(name: string, text: string, keys: string[], args: string[], call: RedisCall): Reply {
    const { lua } = this.api;
    const L = this.state;
    this.call = call;
    try {
      this.check(text);
      this.global("KEYS", keys);
      this.global("ARGV", args);
      if (lua["lua_pcall"]!(L, 0, 1, this.handler))
        throw new RespError(`ERR Error running script (call to ${name}): ${this.text(-1)}`);
      return this.pop();
    } finally {
      lua["lua_settop"]!(L, this.handler);
    }
  }

  /** Compiles and leaves the function on the stack. Throws Redis's error. */
  check(text: string): void {
    if (this.compile(text, "@user_script"))
      throw new RespError(`ERR Error compiling script (new function): ${this.text(-1)}`);
  }

  private compile(text: string, name: string): boolean {
    const bytes = toBytes(text);
    const { lauxlib } = this.api;
    return lauxlib["luaL_loadbuffer"]!(this.state, bytes, bytes.length, toBytes(name)) !== 0;
  }

  private text(at: number): string {
    return fromBytes(this.api.lua["lua_tostring"]!(this.state, at) as Uint8Array);
  }

  private push(value: Reply): void {
    const { lua } = this.api;
    const L = this.state;
    if (value === null) lua["lua_pushboolean"]!(L, 0);
    else if (typeof value === "string") lua["lua_pushlstring"]!(L, toBytes(value), value.length);
    else if (typeof value === "number" || typeof value === "bigint")
      lua["lua_pushnumber"]!(L, Number(value));
    else if (Array.isArray(value)) {
      lua["lua_createtable"]!(L, value.length, 0);
      value.forEach((item, i) => {
        this.push(item);
        lua["lua_rawseti"]!(L, -2, i + 1);
      });
    } else {
      lua["lua_createtable"]!(L, 0, 1);
      this.push(value instanceof RespStatus ? value.text : value.message);
      lua["lua_setfield"]!(L, -2, toBytes(value instanceof RespStatus ? "ok" : "err"));
    }
  }

  /** Sets a global past the sandbox; the function to call stays on top. */
  private global(name: string, list: string[]): void {
    const { lua } = this.api;
    const L = this.state;
    lua["lua_pushglobaltable"]!(L);
    this.push(name);
    this.push(list);
    lua["lua_rawset"]!(L, -3);
    lua["lua_settop"]!(L, -2);
  }

  /** Takes the value on top of the stack as a reply. */
  private pop(): Reply {
    const { lua } = this.api;
    const value = this.value();
    lua["lua_settop"]!(this.state, -2);
    return value;
  }

  private value(): Reply {
    const { lua } = this.api;
    const L = this.state;
    const type = lua["lua_type"]!(L, -1);
    if (type === lua["LUA_TSTRING"]) return this.text(-1);
    if (type === lua["LUA_TNUMBER"]) return Math.trunc(lua["lua_tonumber"]!(L, -1) as number);
    if (type === lua["LUA_TBOOLEAN"]) return lua["lua_toboolean"]!(L, -1) ? 1 : null;
    return type === lua["LUA_TTABLE"] ? this.table() : null;
  }

  private field(name: string): string | null {
    const { lua } = this.api;
    this.push(name);
    lua["lua_rawget"]!(this.state, -2);
    const found = lua["lua_type"]!(this.state, -1) === lua["LUA_TSTRING"] ? this.text(-1) : null;
    lua["lua_settop"]!(this.state, -2);
    return found;
  }

  /** An error, a status, or the items up to the first nil. */
  private table(): Reply {
    const { lua } = this.api;
    const failed = this.field("err");
    if (failed !== null) return new RespError(failed.replace(/[\r\n]/g, " "));
    const status = this.field("ok");
    if (status !== null) return new RespStatus(status.replace(/[\r\n]/g, " "));
    const list: Reply[] = [];
    for (let i = 1; ; i++) {
      lua["lua_rawgeti"]!(this.state, -1, i);
      if (lua["lua_type"]!(this.state, -1) === lua["LUA_TNIL"]) break;
      list.push(this.pop());
    }
    lua["lua_settop"]!(this.state, -2);
    return list;
  }

  /** Where the running script called. */
  private place(): string {
    const { lua } = this.api;
    const at = new (lua["lua_Debug"] as unknown as new () => Record<string, unknown>)();
    if (!lua["lua_getstack"]!(this.state, 1, at)) return "";
    lua["lua_getinfo"]!(this.state, toBytes("Sl"), at);
    return `${fromBytes(at["source"] as Uint8Array)}: ${String(at["currentline"])}: `;
  }

  /** `redis.call`, which raises errors, and `redis.pcall`, which returns them. */
  private redisCall(raises: boolean): number {
    const { lua } = this.api;
    const L = this.state;
    const words: string[] = [];
    const count = lua["lua_gettop"]!(L) as number;
    let bad = count === 0;
    for (let i = 1; i <= count; i++) {
      const type = lua["lua_type"]!(L, i);
      if (type === lua["LUA_TNUMBER"]) words.push(numberText(lua["lua_tonumber"]!(L, i) as number));
      else if (type === lua["LUA_TSTRING"]) words.push(this.text(i));
      else bad = true;
    }
    const complaint =
      count === 0
        ? "Please specify at least one argument for redis.call()"
        : "Lua redis() command arguments must be strings or integers";
    const reply = bad ? new Complaint(complaint) : this.call(words);
    const placed = reply instanceof Complaint ? new RespError(this.place() + reply.message) : reply;
    if (!raises || !(placed instanceof RespError)) {
      this.push(placed);
      return 1;
    }
    this.push(placed.message);
    return lua["lua_error"]!(L) as number;
  }
}
