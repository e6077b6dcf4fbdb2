import { Escape, JsonValue, JsonWriter, parseJson, readJson } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { MILLION } from "./breaker-options";
import { API_VERSION, HANDLINGS, join, V1 } from "./path-rule";
import { findSection } from "./section";

const OBJECTS: string[] = ["errors", "breaker", "timeouts"];
const DAY_MS: i64 = 86400000;
const SCHEME: Slice = bytes("://");
const CHAT: Slice = bytes("/chat/completions");

/**
 * Types of Higress's providers, and where they are when their own fields do not say: the host, what
 * stands in front of the client's path (`base`) or in its place (`path`), and which field holds a URL
 * of the operator's own.
 */
const TYPES: Slice = bytes(
  '{"openai":{"host":"api.openai.com","url":"openaiCustomUrl"},"deepseek":{"host":"api.deepseek.com"},"qwen":{"host":"dashscope.aliyuncs.com","base":"/compatible-mode"},"azure":{"url":"azureServiceUrl"},"vllm":{"url":"vllmCustomUrl"},"generic":{},"moonshot":{"host":"api.moonshot.cn"},"zhipuai":{"host":"open.bigmodel.cn","path":"/api/paas/v4/chat/completions"},"openrouter":{"host":"openrouter.ai","base":"/api"}}',
);

/**
 * The configuration with Higress's names (model-fallback.md 2.9) written in ours; the same reader
 * when there are none. What is given under our own names counts first.
 */
export function withoutLegacy(document: ConfigReader, log: PluginLog): ConfigReader {
  let source = findSection(document, "legacy");
  if (source === null && !document.has("targets") && document.has("providers")) source = document;
  if (source === null) return document;
  const json = new LegacyWriter(document, source, log).write();
  const parsed = parseJson(json);
  return parsed === null ? document : new ConfigReader(parsed, document.errors);
}

/** Writes one configuration in our names. */
@final
class LegacyWriter {
  private readonly json: JsonWriter = new JsonWriter(Escape.Plain);
  private readonly providers: ConfigReader[];
  private readonly types: ConfigReader;

  constructor(
    private readonly document: ConfigReader,
    private readonly source: ConfigReader,
    private readonly log: PluginLog,
  ) {
    this.providers = source.objects("providers");
    const types = readJson(TYPES);
    this.types = new ConfigReader(types !== null ? types : document.value, document.errors);
  }

  write(): Slice {
    const json = this.json.openObject();
    const members = this.document.value.entries();
    while (members.next()) {
      if (!isWritten(members.key)) json.keyBytes(members.key).raw(members.value.raw);
    }
    if (!this.document.has("targets")) this.writeTargets();
    const retry = this.find("retryOnFailure");
    const failover = this.find("failover");
    this.open("errors");
    this.copy("onStatus", failover, "failoverOnStatus");
    this.copy("onStatus", retry, "retryOnStatus");
    json.closeObject();
    this.open("breaker");
    this.copyNumber("failures", failover, "failureThreshold", 1, MILLION);
    this.copyNumber("openSeconds", failover, "cooldownDuration", 1000, 86400);
    json.closeObject();
    this.open("timeouts");
    this.copyNumber("unary", retry, "retryTimeout", 1, DAY_MS);
    const holder = this.holderOf("firstByteTimeout");
    this.copyNumber("firstToken", holder, "firstByteTimeout", 1, DAY_MS);
    json.closeObject();
    this.writeAttempts(retry);
    this.warnOfProbes(failover);
    return json.closeObject().toSlice();
  }

  private writeTargets(): void {
    this.json.key("targets").openArray();
    for (let i = 0; i < this.providers.length; i++) this.writeTarget(this.providers[i]);
    this.json.closeArray();
  }

  private writeTarget(provider: ConfigReader): void {
    const json = this.json;
    const id = provider.text("id");
    const name = provider.text("type").toString();
    const type = this.types.object(name); // null: its format would have to be translated
    if (type === null) {
      provider.refuseWith("target " + id.toString() + ": unsupported protocol");
      return;
    }
    json.openObject().key("name").text(id);
    const fields = ["apiTokens", "apiToken", "modelMapping", "cluster"];
    for (let i = 0; i < fields.length; i++) this.copy(fields[i], provider, fields[i]);
    if (name == "azure") this.writeAzure(provider);
    const url = new ServiceUrl(provider.text(type.text("url").toString()));
    const usual = url.host.isEmpty ? type.text("host") : url.host;
    const host = provider.text("providerDomain", usual);
    if (!host.isEmpty) json.key("host").text(host);
    if (name != "azure") {
      const path = new LegacyPath(type, provider.text("providerBasePath"), url.path);
      const handling = provider.choice("basePathHandling", HANDLINGS, 1);
      path.addBase(provider.text("basePath"), handling == 0);
      path.write(json);
    }
    json.closeObject();
  }

  /** `https://<resource>.openai.azure.com/…?api-version=2024-10-21`, its key in a header of its own. */
  private writeAzure(provider: ConfigReader): void {
    const json = this.json.key("protocol").string("azure");
    const url = provider.text("azureServiceUrl");
    const at = url.find(API_VERSION);
    if (at >= 0) {
      const rest = url.sub(at + 12);
      const end = rest.indexOf(0x26);
      json.key("apiVersion").text(end < 0 ? rest : rest.sub(0, end));
    }
    json.key("auth").openObject().key("type").string("header");
    json.key("header").string("api-key").key("prefix").string("").closeObject();
  }

  /** `maxRetries` are attempts besides the first; more than there are targets mean all of them. */
  private writeAttempts(retry: ConfigReader | null): void {
    if (retry === null || !retry.has("maxRetries") || this.document.has("maxAttempts")) return;
    const own = this.document.list("targets").length;
    const most = <i64>max(1, own > 0 ? own : this.providers.length);
    const retries = max<i64>(0, min(retry.integer("maxRetries", 1), most));
    this.json.key("maxAttempts").integer(min(retries + 1, most));
  }

  private warnOfProbes(failover: ConfigReader | null): void {
    if (failover === null) return;
    const fields = ["healthCheckModel", "healthCheckInterval", "healthCheckTimeout"];
    for (let i = 0; i < fields.length; i++) {
      if (!failover.has(fields[i])) continue;
      this.log.warn("failover.healthCheck* is ignored: requests probe");
      return;
    }
  }

  /** Begins a section with what is given under our own name: the first of a name counts. */
  private open(section: string): void {
    this.json.key(section).openObject();
    const own = this.document.find(section);
    if (own === null || !own.isObject) return;
    const members = own.entries();
    while (members.next()) this.json.keyBytes(members.key).raw(members.value.raw);
  }

  private copy(name: string, from: ConfigReader | null, field: string): void {
    const value: JsonValue | null = from !== null ? from.find(field) : null;
    if (value !== null && !value.isNull) this.json.key(name).raw(value.raw);
  }

  /** A number in another unit. As for Higress, what is not above 0 is as good as missing. */
  private copyNumber(
    name: string,
    from: ConfigReader | null,
    field: string,
    unit: i64,
    most: i64,
  ): void {
    const value = from === null ? 0 : from.integer(field, 0);
    if (value <= 0) return;
    this.json.key(name).integer(min((value - 1) / unit + 1, most));
  }

  /** A section of Higress's that is not off: beside the providers, or in the first one that has it. */
  private find(section: string): ConfigReader | null {
    const holder = this.holderOf(section);
    const found = holder !== null ? holder.object(section) : null;
    return found !== null && found.flag("enabled", true) ? found : null;
  }

  private holderOf(field: string): ConfigReader | null {
    if (this.source.has(field)) return this.source;
    for (let i = 0; i < this.providers.length; i++) {
      if (this.providers[i].has(field)) return this.providers[i];
    }
    return null;
  }
}

/** What a provider does to the client's path. */
@final
class LegacyPath {
  /** In its place; no bytes: it stays. */
  private path: Slice;
  /** In front of it; no bytes: nothing. */
  private base: Slice;
  /** Taken away from its beginning; no bytes: nothing. */
  private removed: Slice = NO_BYTES;

  /**
   * @param type what is usual for the provider
   * @param base the operator's own; no bytes: none
   * @param url path of the operator's own URL: of the API, of its version, or of what is before it
   */
  constructor(type: ConfigReader, base: Slice, url: Slice) {
    this.path = type.text("path");
    this.base = base.isEmpty ? type.text("base") : base;
    if (url.endsWith(V1)) {
      this.base = url.sub(0, url.length - V1.length);
    } else if (url.length > 1) {
      this.path = url.endsWith(CHAT) ? url : join(url, CHAT);
      this.base = NO_BYTES;
    }
  }

  /** `basePath`: in front of all that, or in front of the client's path, which the type's own replaces. */
  addBase(base: Slice, isPrepended: bool): void {
    if (base.isEmpty) return;
    if (isPrepended) {
      this.base = join(base, this.base);
      if (!this.path.isEmpty) this.path = join(base, this.path);
    } else if (this.path.isEmpty && this.base.isEmpty) {
      this.removed = base;
    } else if (this.path.isEmpty) {
      this.path = join(this.base, join(V1, CHAT));
    }
  }

  write(json: JsonWriter): void {
    if (!this.path.isEmpty) json.key("path").text(this.path);
    if (!this.removed.isEmpty) json.key("basePath").text(this.removed);
    if (this.base.isEmpty) return;
    json.key("basePath").text(this.base).key("basePathHandling").string("prepend");
  }
}

/** `https://host/path` */
@final
class ServiceUrl {
  readonly host: Slice;
  readonly path: Slice;

  constructor(url: Slice) {
    const scheme = url.find(SCHEME);
    const rest = scheme < 0 ? url : url.sub(scheme + SCHEME.length);
    const slash = rest.indexOf(0x2f);
    this.host = slash < 0 ? rest : rest.sub(0, slash);
    let path = slash < 0 ? NO_BYTES : rest.sub(slash);
    const question = path.indexOf(0x3f);
    if (question >= 0) path = path.sub(0, question);
    while (path.at(path.length - 1) == 0x2f) path = path.sub(0, path.length - 1);
    this.path = path;
  }
}

/** What this translation writes itself. */
function isWritten(key: Slice): bool {
  const name = key.toString();
  for (let i = 0; i < OBJECTS.length; i++) {
    if (OBJECTS[i] == name) return true;
  }
  return (
    name == "legacy" ||
    name == "providers" ||
    name == "failover" ||
    name == "retryOnFailure" ||
    name == "firstByteTimeout"
  );
}
