import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { Status } from "../enums.js";
import { HarnessFault } from "../fault.js";
import type { ActingContext, Guest, HostFunctions, PropertyDeclaration } from "../guest.js";
import { bytesField, decodeMessage, encodeMessage, intField, type Fields } from "../protobuf.js";
import { fromBytes, utf8 } from "../text.js";
import { call, readable } from "./arguments.js";

const { Ok, NotFound, BadArgument, SerializationFailure, InvalidMemoryAccess } = Status;

type Foreign = (guest: Guest, argument: Uint8Array) => Uint8Array | number;

/** Names known to some profile, so that a typo (S27) differs from a call meant for the other host. */
export const KNOWN_FOREIGN = new Set([
  "get_log_level",
  "set_global_max_requests_per_io_cycle",
  "inject_encoded_data_to_filter_chain_on_header",
]);

/** Foreign functions every Envoy of our profiles has (harness.md §5.4). */
const COMMON: Record<string, Foreign> = {
  compress: (_guest, argument) => deflateSync(argument),
  uncompress: (_guest, argument) => {
    try {
      return argument.length === 0 ? SerializationFailure : inflateSync(argument);
    } catch {
      return SerializationFailure;
    }
  },
  clear_route_cache: (guest) => {
    guest.acting()?.clearRouteCache();
    return Ok;
  },
  set_envoy_filter_state: (guest, argument) => {
    const message = decodeMessage(argument);
    const path = message && bytesField(message, 1);
    if (!message || !path) return message ? NotFound : BadArgument;
    const value = bytesField(message, 2) ?? new Uint8Array(0);
    return guest.acting()?.setFilterState(fromBytes(path), value) ?? NotFound;
  },
  declare_property: (guest, argument) => {
    const message = decodeMessage(argument);
    const context = guest.running();
    if (!message || !context) return BadArgument;
    const name = fromBytes(bytesField(message, 1) ?? new Uint8Array(0));
    const declared = context.isRoot ? context.root.declared : declaredBy(context);
    if (declared.has(name)) return BadArgument;
    declared.set(name, { readonly: intField(message, 2) !== 0, type: intField(message, 3) });
    return Ok;
  },
  expr_create: (guest, argument) => {
    const id = guest.expressions.create(utf8(argument));
    return id === null ? BadArgument : uint32(id);
  },
  expr_evaluate: (guest, argument) => {
    const id = readUint32(argument);
    const context = guest.running();
    if (id === null || !context) return BadArgument;
    return guest.expressions.evaluate(id, context);
  },
  expr_delete: (guest, argument) => {
    const id = readUint32(argument);
    if (id === null) return BadArgument;
    guest.expressions.delete(id);
    return Ok;
  },
  verify_signature: (_guest, argument) => signature(argument, false),
  sign: (_guest, argument) => signature(argument, true),
};

const HIGRESS: Record<string, Foreign> = {
  get_log_level: (guest) => {
    const out = new Uint8Array(4);
    out[0] = guest.profile.emulator ? 0 : guest.logLevel;
    return out;
  },
  set_global_max_requests_per_io_cycle: (guest, argument) => {
    if (argument.length !== 8) return BadArgument;
    const value = new DataView(argument.buffer, argument.byteOffset).getBigUint64(0, true);
    guest.process.limitIoCycle(Number(value));
    return Ok;
  },
  inject_encoded_data_to_filter_chain_on_header: (guest, argument) => {
    const message = decodeMessage(argument);
    if (!message) return BadArgument;
    const body = bytesField(message, 1) ?? new Uint8Array(0);
    return guest.acting()?.inject(body, intField(message, 2) !== 0) ?? BadArgument;
  },
};

/** What streams declared: Envoy takes it down per stream and never looks at it. */
const IN_STREAMS = new WeakMap<ActingContext, Map<string, PropertyDeclaration>>();

function declaredBy(stream: ActingContext): Map<string, PropertyDeclaration> {
  let declared = IN_STREAMS.get(stream);
  if (!declared) IN_STREAMS.set(stream, (declared = new Map()));
  return declared;
}

function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

/** Null = not four bytes. */
function readUint32(argument: Uint8Array): number | null {
  if (argument.length !== 4) return null;
  return new DataView(argument.buffer, argument.byteOffset).getUint32(0, true);
}

function readKey(message: Fields, der: number, pem: number, secret: boolean): KeyObject | null {
  const raw = bytesField(message, der);
  const text = bytesField(message, pem);
  if ((raw === undefined) === (text === undefined)) return null;
  const key = Buffer.from(raw ?? text!);
  const format = raw ? ("der" as const) : ("pem" as const);
  try {
    if (secret)
      return createPrivateKey(raw ? { key, format: "der", type: "pkcs8" } : { key, format: "pem" });
    return createPublicKey(format === "der" ? { key, format, type: "spki" } : { key, format });
  } catch {
    return null;
  }
}

function signature(argument: Uint8Array, signing: boolean): Uint8Array | number {
  const message = decodeMessage(argument);
  if (!message) return BadArgument;
  const hash = utf8(bytesField(message, 1) ?? new Uint8Array(0));
  const key = signing ? readKey(message, 2, 4, true) : readKey(message, 2, 5, false);
  if (!key) return BadArgument;
  const text = bytesField(message, signing ? 3 : 4) ?? new Uint8Array(0);
  try {
    if (signing)
      return encodeMessage([
        [1, true],
        [2, sign(hash, text, key)],
      ]);
    return encodeMessage([
      [1, verify(hash, text, key, bytesField(message, 3) ?? new Uint8Array(0))],
    ]);
  } catch (error) {
    const reason = new TextEncoder().encode(error instanceof Error ? error.message : String(error));
    return encodeMessage([[signing ? 3 : 2, reason]]);
  }
}

function find(guest: Guest, name: string): Foreign | undefined {
  if (guest.profile.missingForeign.has(name)) return undefined;
  if (Object.hasOwn(COMMON, name)) return COMMON[name];
  if (guest.profile.higressCalls && Object.hasOwn(HIGRESS, name)) return HIGRESS[name];
  return undefined;
}

export const foreignCalls: HostFunctions = {
  proxy_call_foreign_function: call(6, (guest, p, n, ap, an, P, N) => {
    if (!readable(guest, p!, n!, ap!, an!)) return InvalidMemoryAccess;
    const name = guest.memory.text(p!, n!);
    const run = find(guest, name);
    if (!run) {
      if (guest.profile.emulator) {
        throw new HarnessFault(
          `unknown foreign function "${name}": the Go emulator ends the test process`,
        );
      }
      if (!KNOWN_FOREIGN.has(name) && !Object.hasOwn(COMMON, name))
        guest.note("S27", `unknown foreign function "${name}"`);
      return NotFound;
    }
    const result = run(guest, guest.memory.read(ap!, an!));
    const status = typeof result === "number" ? result : Ok;
    if (P === 0 || N === 0) return status;
    const wrote = guest.give(typeof result === "number" ? new Uint8Array(0) : result, P!, N!);
    return status || wrote;
  }),
};
