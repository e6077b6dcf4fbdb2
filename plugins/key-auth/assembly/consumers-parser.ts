import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, BytesTable, bytes, decodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { sha256Once } from "@ai-gateway-wasm/crypto";
import { ConfigReader, configText, requireHeaderValue } from "@ai-gateway-wasm/kit";
import { Validity } from "@ai-gateway-wasm/kit/lent-keys";
import { ApiKey, Consumer } from "./consumers";
import { Credentials } from "./credentials";
import { ModelLists } from "./models";
import { Profile } from "./profile";
import { SchemeStripping } from "./sources";
import { readOwnSources } from "./sources-parser";

const SHA256: Slice = bytes("sha256:");
export const HMAC_SHA256: Slice = bytes("hmac-sha256:");
const CREDENTIAL_REQUIRED: string = "consumer credential is required";

/** Reads `consumers` in the order of checks, and with the messages, of the active profile. */
@final
export class ConsumersParser {
  readonly consumers: Consumer[] = [];
  /** `<consumer>\n<label>` of every labelled key: two entries of one name are one consumer. */
  private readonly labels: BytesTable<Slice> = new BytesTable<Slice>();

  /** True when some consumer's keys stand where the global names say. */
  anyUsesGlobalSources: bool = false;

  constructor(
    private readonly profile: Profile,
    private readonly credentials: Credentials,
    /** False: there is no pepper, so peppered hashes are refused. */
    private readonly hasPepper: bool,
    private readonly stripping: SchemeStripping,
    /** Profile cpp: `X-HI-ORIGINAL-AUTH` is one more place of every consumer with own keys. */
    private readonly trustsOriginalAuth: bool,
  ) {}

  /** Reads all entries; stops at the first error. */
  readAll(config: ConfigReader): void {
    const entries = config.objects("consumers");
    for (let i = 0; i < entries.length; i++) {
      if (!entries[i].has("keys")) this.anyUsesGlobalSources = true;
    }
    for (let i = 0; i < entries.length && !config.errors.any; i++) {
      this.readOne(entries[i], config);
    }
  }

  /** The names of all consumers. */
  names(): BytesTable<Slice> {
    const names = new BytesTable<Slice>();
    for (let i = 0; i < this.consumers.length; i++) {
      names.set(this.consumers[i].name, this.consumers[i].name);
    }
    return names;
  }

  private readOne(entry: ConfigReader, global: ConfigReader): void {
    const name = entry.text("name");
    if (this.profile == Profile.Cpp && !entry.has("name")) {
      return entry.refuseWith("can't find 'name' field in consumer.");
    }
    if (name.isEmpty) return entry.refuseWith("consumer name is required");
    requireHeaderValue(entry, "name", name);
    const consumer = new Consumer(name, this.consumers.length);
    consumer.validity = Validity.read(entry);
    consumer.models = ModelLists.read(entry);
    const group = entry.text("group");
    requireHeaderValue(entry, "group", group);
    if (!group.isEmpty) consumer.group = group;
    if (this.profile == Profile.Cpp && entry.has("keys")) {
      consumer.ownSources = readOwnSources(
        entry,
        global,
        this.anyUsesGlobalSources, // as in the peer: else nobody reads the flags there
        this.stripping,
        this.trustsOriginalAuth,
      );
    }
    this.readPlain(entry, consumer);
    if (entry.has("hash")) this.readHash(entry, consumer, NO_BYTES);
    this.readApiKeys(entry, consumer);
    this.consumers.push(consumer);
  }

  private readPlain(entry: ConfigReader, consumer: Consumer): void {
    const single = entry.find("credential");
    const several = entry.find("credentials");
    const isCpp = this.profile == Profile.Cpp;
    if (single !== null && several !== null) {
      const message = "'credential' and 'credentials' can't appear at the same time";
      return entry.refuseWith(isCpp ? message + "." : message);
    }
    if (single !== null) {
      if (entry.has("hash")) entry.refuse("hash", "stands in place of credential, not beside it");
      return this.addText(single, consumer, entry, false);
    }
    if (several !== null) return this.readSeveral(several, consumer, entry);
    if (entry.has("hash") || entry.has("api_keys")) return;
    entry.refuseWith(
      isCpp ? "at least one of 'credential' and 'credentials' should be set." : CREDENTIAL_REQUIRED,
    );
  }

  private readSeveral(several: JsonValue, consumer: Consumer, entry: ConfigReader): void {
    const isGo = this.profile == Profile.Go;
    if (isGo && (!several.isArray || several.count() == 0)) {
      return entry.refuseWith("consumer credentials cannot be empty");
    }
    const values = entry.list("credentials");
    for (let i = 0; i < values.length; i++) this.addText(values[i], consumer, entry, isGo);
  }

  /** @param mayRepeat a repetition within this consumer's entry is fine */
  private addText(
    value: JsonValue,
    consumer: Consumer,
    entry: ConfigReader,
    mayRepeat: bool,
  ): void {
    const text = configText(value);
    if (text.isEmpty) {
      // The C++ peer takes an empty credential, which then matches nothing.
      if (this.profile == Profile.Go) entry.refuseWith(CREDENTIAL_REQUIRED);
      return;
    }
    const same = this.credentials.sameText(text);
    if (same !== null) {
      if (!mayRepeat || same.consumer !== consumer) this.refuseDuplicate(entry, same, consumer);
      return;
    }
    this.credentials.addText(text, new ApiKey(consumer, sha256Once(text)));
  }

  private readApiKeys(entry: ConfigReader, consumer: Consumer): void {
    const keys = entry.objects("api_keys");
    if (entry.has("api_keys") && keys.length == 0 && !hasOther(entry)) {
      entry.refuse("api_keys", "must not be empty");
    }
    for (let i = 0; i < keys.length && !entry.errors.any; i++) {
      const key = keys[i];
      const label = key.text("id");
      this.checkLabel(key, consumer, label);
      if (key.has("key") == key.has("hash")) {
        key.refuse("key", "exactly one of key and hash must be set");
      } else if (key.has("key")) {
        this.readKeyText(key, consumer, label);
      } else {
        this.readHash(key, consumer, label);
      }
    }
  }

  private checkLabel(key: ConfigReader, consumer: Consumer, label: Slice): void {
    if (label.isEmpty) return;
    const name = new Builder().append(consumer.name).appendByte(0x0a).append(label).toSlice();
    if (this.labels.has(name)) key.refuse("id", "is used by another key");
    this.labels.set(name, label);
  }

  private readKeyText(config: ConfigReader, consumer: Consumer, label: Slice): void {
    const text = config.text("key");
    if (text.isEmpty) return config.refuse("key", "must not be empty");
    const same = this.credentials.sameText(text);
    if (same !== null) return this.refuseDuplicate(config, same, consumer);
    this.credentials.addText(text, readKey(config, consumer, sha256Once(text), label));
  }

  private readHash(config: ConfigReader, consumer: Consumer, label: Slice): void {
    const text = config.text("hash");
    const isPeppered = text.startsWith(HMAC_SHA256);
    if (!isPeppered && !text.startsWith(SHA256)) {
      return refuseHash(config, "use sha256: or hmac-sha256:");
    }
    const digest = decodeHex(text.sub(isPeppered ? HMAC_SHA256.length : SHA256.length));
    if (digest === null || digest.length != 32) {
      return refuseHash(config, "64 hexadecimal digits must follow the colon");
    }
    if (digest.equals(sha256Once(NO_BYTES))) {
      return refuseHash(config, "it is that of an empty key");
    }
    if (isPeppered && !this.hasPepper) return config.errors.add("hash pepper is not set", true);
    const same = this.credentials.sameDigest(digest, isPeppered);
    if (same !== null) return this.refuseDuplicate(config, same, consumer);
    this.credentials.addDigest(digest, isPeppered, readKey(config, consumer, digest, label));
  }

  private refuseDuplicate(config: ConfigReader, first: ApiKey, second: Consumer): void {
    const owner = first.consumer;
    config.refuseWith(
      "duplicate consumer credential: consumer " +
        (owner === null ? "" : owner.name.toString()) +
        " and " +
        second.name.toString(),
    );
  }
}

/** A key with the validity and models that stand beside it; beside a consumer's, they are its own. */
function readKey(config: ConfigReader, consumer: Consumer, digest: Slice, label: Slice): ApiKey {
  const key = new ApiKey(consumer, digest);
  if (!label.isEmpty) key.label = label;
  key.validity = Validity.read(config);
  key.models = ModelLists.read(config);
  return key;
}

/** The consumer has a key besides `api_keys`. */
function hasOther(entry: ConfigReader): bool {
  return entry.has("credential") || entry.has("credentials") || entry.has("hash");
}

function refuseHash(config: ConfigReader, reason: string): void {
  config.errors.add("unsupported hash: " + config.path + ", " + reason, true);
}
