import { Builder, bytes, decimal, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { isHeaderSafe, MappingOrder, readModelMapping } from "@ai-gateway-wasm/llm/model";
import { Counter, isHeaderName, isHeaderValue } from "proxy-wasm-as";
import { FORCED } from "./choice";
import { isName, NAME_RULE } from "./name";
import { readHundredths } from "./percent";
import { Variant, VariantHeader } from "./variant";

const COLON: i32 = 0x3a;
/** The rule's own counters are `forced` and this. */
const MISSING_KEY: Slice = bytes("missing_key");
/** What the gateway itself needs. */
const UNTOUCHABLE: Slice[] = [bytes("host"), bytes("content-length"), bytes("transfer-encoding")];

/** Reads one element of `variants`; null: `problem` says why not. */
@final
export class VariantParser {
  problem: string = "";

  constructor(
    private readonly rule: Slice,
    private readonly order: MappingOrder,
    private readonly hasProviderHeader: bool,
    private readonly hasClusterHeader: bool,
  ) {}

  read(config: ConfigReader, index: i32): Variant | null {
    const where = "variants[" + decimal(index) + "]";
    const name = config.text("name");
    if (!isName(name)) return this.refuse(where + ".name " + NAME_RULE);
    if (name.equals(FORCED) || name.equals(MISSING_KEY)) {
      return this.refuse(where + ".name must not be that of a counter");
    }
    const weight = config.find("weight");
    const share = weight === null ? -1 : readHundredths(weight);
    if (share < 0) {
      return this.refuse(where + ".weight must be a number from 0 to 100 with at most 2 decimals");
    }
    const model = config.text("model");
    if (!isHeaderSafe(model)) return this.refuse(where + ".model is not usable as header");
    const provider = config.text("provider");
    const problem = this.checkNames(config, where, model, provider);
    if (problem.length > 0) return this.refuse(problem);
    const cluster = config.text("cluster");
    const chosen = new Counter(
      new Builder()
        .appendText("model_router.split.")
        .append(this.rule)
        .appendByte(0x2e)
        .append(name)
        .view(),
    );
    const variant = new Variant(name, share, model, provider, cluster, chosen);
    if (config.has("modelMapping")) variant.mapping = readModelMapping(config, this.order);
    return this.readHeaders(config, where, variant) ? variant : null;
  }

  private checkNames(config: ConfigReader, where: string, model: Slice, provider: Slice): string {
    const mapping = config.find("modelMapping");
    if (mapping !== null) {
      if (!mapping.isObject) return where + ".modelMapping must be an object";
      if (!model.isEmpty) return where + ": model and modelMapping exclude each other";
    }
    if (config.has("provider")) {
      if (!this.hasProviderHeader) return "split.variants[].provider needs addProviderHeader";
      if (provider.isEmpty || !isHeaderSafe(provider)) {
        return where + ".provider is not usable as header";
      }
    }
    if (config.has("cluster")) {
      if (!this.hasClusterHeader) {
        return "split.clusterHeader is required when a variant sets cluster";
      }
      const cluster = config.text("cluster");
      if (cluster.isEmpty || !isHeaderSafe(cluster)) {
        return where + ".cluster is not usable as header";
      }
    }
    return "";
  }

  private readHeaders(config: ConfigReader, where: string, variant: Variant): bool {
    const table = config.find("headers");
    if (table === null) return true;
    if (!table.isObject) return this.refuse(where + ".headers must be an object") !== null;
    const members = table.entries();
    while (members.next()) {
      const name = lowerCase(members.key.copy()).kept();
      const value = configText(members.value).copy();
      if (!isHeaderName(name) || name.at(0) == COLON || contains(UNTOUCHABLE, name)) {
        return this.refuse(where + ".headers: cannot set " + name.toString()) !== null;
      }
      if (!isHeaderValue(value)) {
        const what = ".headers." + name.toString() + " must be one line";
        return this.refuse(where + what) !== null;
      }
      variant.headers.push(new VariantHeader(name, value));
    }
    return true;
  }

  private refuse(problem: string): Variant | null {
    this.problem = problem;
    return null;
  }
}

function contains(names: Slice[], name: Slice): bool {
  for (let i = 0; i < names.length; i++) if (names[i].equals(name)) return true;
  return false;
}
