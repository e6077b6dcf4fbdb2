import { bytes, equalsIgnoreCase, Slice, trim } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { addFinding, addLabel } from "../findings";
import { GuardParser } from "./parser";

const SAFE: Slice = bytes("safe");
const UNSAFE: Slice = bytes("unsafe");
const PRIVACY: Slice = bytes("S7");
const INTERPRETER_ABUSE: Slice = bytes("S14");

/**
 * Llama Guard 3 and 4 (content-security.md 8.3):
 *
 *   unsafe
 *   S1,S10
 */
@final
export class LlamaGuardParser extends GuardParser {
  /** @param ignored codes that are not worth mentioning */
  constructor(private readonly ignored: Slice[]) {
    super();
  }

  override parse(content: Slice): Judgement | null {
    const text = trim(content);
    const word = text.sub(0, endOfWord(text, 0));
    const judgement = new Judgement();
    if (equalsIgnoreCase(word, SAFE)) return judgement;
    if (!equalsIgnoreCase(word, UNSAFE)) return null;
    if (!this.addCodes(judgement, text.sub(word.length))) {
      addFinding(judgement, Dimension.ContentModeration);
    }
    return judgement;
  }

  /** False: there are no codes at all. */
  private addCodes(judgement: Judgement, list: Slice): bool {
    let isAny = false;
    for (let from = startOfWord(list, 0); from < list.length;) {
      const end = endOfWord(list, from);
      const code = list.sub(from, end);
      from = startOfWord(list, end);
      isAny = true;
      if (this.ignores(code)) continue;
      addFinding(judgement, dimensionOfCode(code));
      addLabel(judgement, code);
    }
    return isAny;
  }

  private ignores(code: Slice): bool {
    for (let i = 0; i < this.ignored.length; i++) {
      if (equalsIgnoreCase(this.ignored[i], code)) return true;
    }
    return false;
  }
}

function dimensionOfCode(code: Slice): Dimension {
  if (equalsIgnoreCase(code, PRIVACY)) return Dimension.SensitiveData;
  if (equalsIgnoreCase(code, INTERPRETER_ABUSE)) return Dimension.PromptAttack;
  return Dimension.ContentModeration;
}

/** Words stand between blanks and commas. */
function startOfWord(text: Slice, from: i32): i32 {
  while (from < text.length && isGap(text.at(from))) from++;
  return from;
}

function endOfWord(text: Slice, from: i32): i32 {
  while (from < text.length && !isGap(text.at(from))) from++;
  return from;
}

function isGap(byte: i32): bool {
  return byte <= 0x20 || byte == 0x2c;
}
