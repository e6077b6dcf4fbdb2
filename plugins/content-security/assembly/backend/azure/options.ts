import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { oneOf } from "../../own-fields";

const CATEGORIES: Slice[] = [bytes("Hate"), bytes("SelfHarm"), bytes("Sexual"), bytes("Violence")];
const OUTPUT_TYPES: string[] = ["FourSeverityLevels", "EightSeverityLevels"];

/** What `text:analyze` can be told beside the text; nothing of it unless it is configured. */
@final
export class TextOptions {
  private readonly categories: Slice[];
  private readonly blocklists: Slice[];
  private readonly halts: bool;
  private readonly outputType: i32;

  constructor(config: ConfigReader) {
    this.categories = config.texts("categories");
    this.blocklists = config.texts("blocklistNames");
    this.halts = config.flag("haltOnBlocklistHit");
    this.outputType = config.choice("outputType", OUTPUT_TYPES, 0);
    for (let i = 0; i < this.categories.length; i++) {
      if (isCategory(this.categories[i])) continue;
      config.refuse("categories", oneOf(CATEGORIES));
    }
  }

  write(json: JsonWriter): void {
    writeList(json, "categories", this.categories);
    writeList(json, "blocklistNames", this.blocklists);
    if (this.halts) json.key("haltOnBlocklistHit").boolean(true);
    if (this.outputType != 0) json.key("outputType").string(OUTPUT_TYPES[this.outputType]);
  }
}

function isCategory(name: Slice): bool {
  for (let i = 0; i < CATEGORIES.length; i++) {
    if (CATEGORIES[i].equals(name)) return true;
  }
  return false;
}

function writeList(json: JsonWriter, key: string, list: Slice[]): void {
  if (list.length == 0) return;
  json.key(key).openArray();
  for (let i = 0; i < list.length; i++) json.text(list[i]);
  json.closeArray();
}
