import { createHash, createHmac, randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { isScript } from "./check-report.js";

/** Base 62 in the order of ASCII. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 32 characters of base 62 are 190 bits: a plain SHA-256 of them cannot be reversed by guessing. */
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

export interface NewKeyOptions {
  prefix?: string;
  id?: string;
  consumer?: string;
  /** RFC 3339, a date, or a period from now such as `90d`. */
  expires?: string;
  /** Key of the HMAC; without it the hash is a plain SHA-256. */
  pepper?: string;
}

export interface NewKey {
  /** The only copy: nothing stores it. */
  key: string;
  entry: { id: string; hash: string; expires_at?: string };
  consumer?: string;
}

/**
 * Makes an API key and the configuration entry that accepts it.
 *
 *     gw_4fQ…32 characters…k2 9cX0aZ
 *     │  │                    └ checksum of everything before it
 *     │  └ random
 *     └ prefix
 *
 * @throws Error when an option cannot be used; the message says why
 */
export function createKey(options: NewKeyOptions = {}, now = new Date()): NewKey {
  const prefix = options.prefix ?? "gw";
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(prefix)) {
    throw new Error(`prefix "${prefix}": up to 32 letters, digits, _ and -, please`);
  }
  if (options.pepper === "") throw new Error("the pepper is empty");
  const body = `${prefix}_${randomText(RANDOM_LENGTH)}`;
  const key = body + checksum(body);
  const hash = options.pepper === undefined ? sha256(key) : hmac(key, options.pepper);
  const digest = hash.slice(hash.indexOf(":") + 1);
  const expiry = options.expires === undefined ? undefined : parseExpiry(options.expires, now);
  return {
    key,
    entry: {
      id: options.id ?? digest.slice(0, 8),
      hash,
      ...(expiry !== undefined && { expires_at: expiry }),
    },
    ...(options.consumer !== undefined && { consumer: options.consumer }),
  };
}

/** True for text that ends in the checksum of what precedes it; secret scanners can ask this. */
export function isGatewayKey(text: string): boolean {
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return /^.+_[0-9A-Za-z]{38}$/.test(text) && text === body + checksum(body);
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
}

/** CRC-32 in base 62, most significant character first: 62⁶ > 2³². */
function checksum(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let rest = ~crc >>> 0;
  let out = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    out = ALPHABET.charAt(rest % ALPHABET.length) + out;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return out;
}

function sha256(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

function hmac(key: string, pepper: string): string {
  return `hmac-sha256:${createHmac("sha256", pepper).update(key).digest("hex")}`;
}

function parseExpiry(text: string, now: Date): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const date = days ? new Date(now.getTime() + Number(days) * 86_400_000) : new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new Error(`expiry "${text}": write 2027-01-01, 2027-01-01T00:00:00Z or 90d`);
  }
  if (date <= now) throw new Error(`expiry "${text}" is in the past`);
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** The YAML to paste: an element of `api_keys`, or a whole consumer when its name is known. */
export function yamlOf(made: NewKey): string {
  const { consumer, entry } = made;
  return stringify(consumer === undefined ? [entry] : [{ name: consumer, api_keys: [entry] }], {
    version: "1.1",
  });
}

const USAGE = `npm run key -- [options]

  --prefix TEXT        first part of the key (default gw)
  --id TEXT            its name in logs of level debug (default: start of the digest)
  --consumer TEXT      print a whole consumer instead of one entry of api_keys
  --expires WHEN       2027-01-01, 2027-01-01T00:00:00Z or 90d (default: never)
  --pepper-env NAME    hash with HMAC and the key in this environment variable
`;

function main(): void {
  const { values } = parseArgs({
    options: {
      prefix: { type: "string" },
      id: { type: "string" },
      consumer: { type: "string" },
      expires: { type: "string" },
      "pepper-env": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { "pepper-env": variable, help: _help, ...options } = values;
  const pepper = variable === undefined ? undefined : process.env[variable];
  if (variable !== undefined && pepper === undefined) throw new Error(`${variable} is not set`);
  const made = createKey({ ...options, ...(pepper !== undefined && { pepper }) });
  console.log("The key. It is not stored anywhere; hand it over now:\n");
  console.log(`    ${made.key}\n`);
  const place = made.consumer === undefined ? "api_keys of a consumer" : "consumers";
  console.log(`Its entry in the configuration, under ${place}:\n`);
  console.log(yamlOf(made).replace(/^(?=.)/gm, "    "));
}

if (isScript(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
