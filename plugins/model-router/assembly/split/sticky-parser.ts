import { compileKeyPath, KeyPath } from "@ai-gateway-wasm/as-json";
import { bytes, BytesTable, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ValueType } from "@ai-gateway-wasm/conditions";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { AddressSource, CredentialSource, Hashing, KeySource, Sticky, ValueSource } from "./sticky";

const COLON: u8 = 0x3a;
const CONSUMER: Slice = bytes("consumer");
const CREDENTIAL: Slice = bytes("credential");
const IP: Slice = bytes("ip");
const HEADER: Slice = bytes("header");
const COOKIE: Slice = bytes("cookie");
const QUERY: Slice = bytes("query");
const BODY: Slice = bytes("body");
const RANGES: Slice = bytes("ranges");
const RENDEZVOUS: Slice = bytes("rendezvous");

/** Reads `sticky`. `problem` says why it cannot be used; empty: it can. */
@final
export class StickyParser {
  problem: string = "";

  constructor(
    /** What is read of bodies; filled here. */
    private readonly paths: BytesTable<KeyPath>,
  ) {}

  /** @param salt of a rule that does not name one */
  read(config: ConfigReader, salt: Slice): Sticky | null {
    const labels = config.texts("by");
    if (labels.length == 0) return this.refuse("sticky.by must not be empty");
    const sources: KeySource[] = [];
    for (let i = 0; i < labels.length; i++) {
      const source = this.readSource(labels[i]);
      if (source === null) {
        return this.refuse('unknown sticky source "' + labels[i].toString() + '"');
      }
      sources.push(source);
    }
    const hashing = config.text("hashing", RANGES);
    const isAnyOrder = hashing.equals(RENDEZVOUS);
    if (!isAnyOrder && !hashing.equals(RANGES)) {
      return this.refuse("sticky.hashing must be one of ranges, rendezvous");
    }
    const kind = isAnyOrder ? Hashing.Rendezvous : Hashing.Ranges;
    return new Sticky(sources, config.text("salt", salt), kind);
  }

  private readSource(label: Slice): KeySource | null {
    if (label.equals(CONSUMER)) return new ValueSource(label, ValueType.Consumer, NO_BYTES);
    if (label.equals(CREDENTIAL)) return new CredentialSource(label);
    if (label.equals(IP)) return new AddressSource(label);
    const colon = label.indexOf(COLON);
    const kind = label.sub(0, max(0, colon));
    const key = label.sub(colon + 1);
    if (colon < 0 || key.isEmpty) return null;
    if (kind.equals(HEADER)) return new ValueSource(label, ValueType.Header, lowerCase(key));
    if (kind.equals(COOKIE)) return new ValueSource(label, ValueType.Cookie, key);
    if (kind.equals(QUERY)) return new ValueSource(label, ValueType.Parameter, key);
    if (!kind.equals(BODY) || !addPath(this.paths, key)) return null;
    return new ValueSource(label, ValueType.Body, key);
  }

  private refuse(problem: string): Sticky | null {
    this.problem = problem;
    return null;
  }
}

/** Compiles a path into a body; false when it is none. */
export function addPath(paths: BytesTable<KeyPath>, text: Slice): bool {
  const path = compileKeyPath(text.toString());
  if (path === null) return false;
  paths.set(text, path);
  return true;
}
