import { bytes, Slice } from "@ai-gateway-wasm/bytes";

const QUESTION_MARK: u8 = 0x3f;
const STAR: Slice = bytes("*");

/** The endpoints whose bodies name a model, as Higress lists them (model-router contract 2.1). */
export const DEFAULT_SUFFIXES: Slice[] = [
  bytes("/completions"),
  bytes("/embeddings"),
  bytes("/images/generations"),
  bytes("/audio/speech"),
  bytes("/fine_tuning/jobs"),
  bytes("/moderations"),
  bytes("/image-synthesis"),
  bytes("/video-synthesis"),
  bytes("/rerank"),
  bytes("/messages"),
  bytes("/responses"),
];

/** The paths a plugin is for, told by how they end. */
@final
export class PathSuffixes {
  constructor(
    private readonly suffixes: Slice[],
    /** Every path, whatever its end. */
    private readonly isEvery: bool = false,
  ) {}

  /** The paths of a list in which `*` means every one. */
  static withStar(suffixes: Slice[]): PathSuffixes {
    let isEvery = false;
    for (let i = 0; i < suffixes.length; i++) if (suffixes[i].equals(STAR)) isEvery = true;
    return new PathSuffixes(suffixes, isEvery);
  }

  /** @param path with its query, which does not count */
  matches(path: Slice): bool {
    if (this.isEvery) return true;
    const query = path.indexOf(QUESTION_MARK);
    const plain = query < 0 ? path : path.sub(0, query);
    for (let i = 0; i < this.suffixes.length; i++) {
      if (plain.endsWith(this.suffixes[i])) return true;
    }
    return false;
  }
}
