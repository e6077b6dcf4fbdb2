import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { DenyConfig } from "./deny-config";
import { DenyFormat, OpenAiRefusal } from "./openai";
import { OriginalRefusal } from "./original";
import { Refusal } from "./refusal";

const FORMATS: string[] = ["legacy", "structured", "message"];
const FORMAT_FIELD: string = "openAIDenyResponseFormat";
const ORIGINAL: Slice = bytes("original");

/** How requests are refused. @param fallback the format of the configuration's dialect */
export function readRefusal(config: ConfigReader, fallback: DenyFormat): Refusal {
  const status = <i32>config.integer("denyCode", 200);
  const deny = new DenyConfig(status, config.text("denyMessage"));
  const completion = new OpenAiRefusal(deny, config.choice(FORMAT_FIELD, FORMATS, fallback));
  if (config.text("protocol").equals(ORIGINAL)) return new OriginalRefusal(deny, completion);
  return completion;
}
