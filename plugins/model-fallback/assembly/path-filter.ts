import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

const STAR: Slice = bytes("*");
/** As in model-router. */
const SUFFIXES: string[] = [
  "/completions",
  "/embeddings",
  "/images/generations",
  "/audio/speech",
  "/fine_tuning/jobs",
  "/moderations",
  "/image-synthesis",
  "/video-synthesis",
  "/rerank",
  "/messages",
  "/responses",
];

/** `enableOnPathSuffix`: the APIs whose requests are of interest. */
@final
export class PathFilter {
  private readonly suffixes: Slice[];

  constructor(config: ConfigReader) {
    const texts = config.optionalTexts("enableOnPathSuffix");
    const usual: Slice[] = [];
    for (let i = 0; i < SUFFIXES.length; i++) usual.push(bytes(SUFFIXES[i]));
    this.suffixes = texts === null ? usual : texts;
  }

  /** @param path with its query */
  holds(path: Slice): bool {
    const question = path.indexOf(0x3f);
    const plain = question < 0 ? path : path.sub(0, question);
    for (let i = 0; i < this.suffixes.length; i++) {
      if (this.suffixes[i].equals(STAR) || plain.endsWith(this.suffixes[i])) return true;
    }
    return false;
  }
}
