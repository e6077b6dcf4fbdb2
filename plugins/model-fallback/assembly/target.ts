import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isHeaderName, isHeaderValue } from "proxy-wasm-as";
import { BodyEdits } from "./body-edits";
import { Credential } from "./credential";
import { Header } from "./header";
import { ModelMapping } from "./model-mapping";
import {
  ACCEPT_ENCODING,
  AUTHORITY,
  CONTENT_LENGTH,
  CREDENTIAL_HEADERS,
  PATH,
  TRANSFER_ENCODING,
} from "./names";
import { PathRule, Protocol } from "./path-rule";
import { Requirement } from "./requirement";
import { findSection } from "./section";

const LONGEST_NAME: i32 = 64;
/** What the gateway itself needs. */
const UNTOUCHABLE: Slice[] = [bytes("host"), CONTENT_LENGTH, TRANSFER_ENCODING];
const NO_LIMIT: i64 = i64.MAX_VALUE;

/** One model server: where it is, what it wants to be asked for, and how it is paid. */
@final
export class Target {
  /** The model's fixed name there; no bytes: `mapping` decides. */
  model: Slice = NO_BYTES;
  mapping: ModelMapping | null = null;
  cluster: Slice = NO_BYTES;
  /** `<ip>:<port>`, a further way to recognise it in `native`. */
  address: Slice = NO_BYTES;
  host: Slice = NO_BYTES;
  isExternal: bool = false;
  /** Of one call of `replay`; 0: `timeouts.unary`. */
  timeoutMs: i32 = 0;
  maxBodyBytes: i64 = NO_LIMIT;
  /** Targets of one rank share their requests by weight; −1: alone in its rank. */
  rank: i64 = -1;
  weight: i64 = 1;
  readonly added: Header[] = [];
  readonly removed: Slice[] = [];

  constructor(
    readonly name: Slice,
    readonly path: PathRule,
    readonly credential: Credential,
    readonly body: BodyEdits,
    readonly requirement: Requirement,
  ) {}

  /** Nothing of the body is edited. */
  get keepsBody(): bool {
    return this.path.protocol == Protocol.Raw;
  }

  /** The model to ask this target for: where the body is kept, the one it names. */
  modelFor(model: Slice): Slice {
    if (this.keepsBody) return model;
    if (!this.model.isEmpty) return this.model;
    const mapping = this.mapping;
    return mapping === null ? model : mapping.map(model);
  }

  /** Adds the headers that an attempt at this target may change. */
  noteTouched(names: Slice[]): void {
    if (!this.host.isEmpty) addOnce(names, AUTHORITY);
    if (this.path.changes || !this.credential.parameter.isEmpty) addOnce(names, PATH);
    if (!this.credential.keepsClients) {
      for (let i = 0; i < CREDENTIAL_HEADERS.length; i++) addOnce(names, CREDENTIAL_HEADERS[i]);
    }
    if (!this.credential.header.isEmpty) addOnce(names, this.credential.header);
    addOnce(names, ACCEPT_ENCODING);
    for (let i = 0; i < this.added.length; i++) addOnce(names, this.added[i].name);
    for (let i = 0; i < this.removed.length; i++) addOnce(names, this.removed[i]);
  }
}

/** Reads one element of `targets`; null when the reader noted an error. */
export function readTarget(reader: ConfigReader): Target | null {
  const name = reader.text("name");
  if (!isName(name)) {
    reader.refuse("name", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    return null;
  }
  const label = name.toString();
  const target = new Target(
    name,
    PathRule.read(reader, label),
    Credential.read(reader, label),
    BodyEdits.read(reader),
    new Requirement(findSection(reader, "when")),
  );
  target.model = reader.text("model");
  target.mapping = ModelMapping.read(reader, "modelMapping");
  if (!target.model.isEmpty && target.mapping !== null) {
    reader.refuse("modelMapping", "excludes model");
  }
  target.cluster = reader.text("cluster");
  target.address = reader.text("address");
  target.host = reader.text("host");
  if (!isHost(target.host)) reader.refuse("host", "must be a host name without scheme and path");
  target.isExternal = reader.flag("external");
  target.timeoutMs = <i32>reader.integer("timeoutMs", 0, 0, 86400000);
  target.maxBodyBytes = reader.integer("maxBodyBytes", NO_LIMIT, 1);
  target.rank = reader.integer("rank", -1, 0, 1000);
  target.weight = reader.integer("weight", 1, 0, 1000000);
  readHeaders(reader, target);
  return reader.errors.any ? null : target;
}

function readHeaders(reader: ConfigReader, target: Target): void {
  const headers = findSection(reader, "headers");
  if (headers === null) return;
  const map = headers.find("set");
  if (map !== null && map.isObject) {
    const members = map.entries();
    while (members.next()) {
      const name = lowerCase(members.key).copy();
      const value = configText(members.value).copy();
      checkHeader(headers, "set", name);
      if (!isHeaderValue(value))
        headers.refuse("set", "a value must not contain line breaks or NUL");
      target.added.push(new Header(name, value));
    }
  } else if (map !== null && !map.isNull) {
    headers.refuse("set", "must be an object");
  }
  const removed = headers.texts("remove");
  for (let i = 0; i < removed.length; i++) {
    const name = lowerCase(removed[i]).kept();
    checkHeader(headers, "remove", name);
    target.removed.push(name);
  }
}

function checkHeader(headers: ConfigReader, field: string, name: Slice): void {
  let isFree = isHeaderName(name) && name.at(0) != 0x3a;
  for (let i = 0; i < UNTOUCHABLE.length; i++) if (UNTOUCHABLE[i].equals(name)) isFree = false;
  if (!isFree) headers.refuse(field, "cannot change " + name.toString());
}

function addOnce(names: Slice[], name: Slice): void {
  for (let i = 0; i < names.length; i++) {
    if (names[i].equals(name)) return;
  }
  names.push(name);
}

/** `[A-Za-z0-9._-]{1,64}` */
export function isName(name: Slice): bool {
  if (name.isEmpty || name.length > LONGEST_NAME) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = <u8>name.at(i);
    const isWord = (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
    if (!isWord && byte != 0x2e && byte != 0x5f && byte != 0x2d) return false;
  }
  return true;
}

function isHost(host: Slice): bool {
  for (let i = 0; i < host.length; i++) {
    const byte = host.at(i);
    if (byte <= 0x20 || byte == 0x7f || byte == 0x2f) return false;
  }
  return true;
}
