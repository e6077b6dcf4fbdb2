import {
  bytes,
  equalsIgnoreCase,
  NO_BYTES,
  Slice,
  startsWithIgnoreCase,
  trim,
} from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { LEVEL_HIGH, LEVEL_MEDIUM, LEVEL_NONE, NO_LEVEL } from "../../judge/level";
import { addFinding, addLabel } from "../findings";
import { GuardParser } from "./parser";

const SAFETY: Slice = bytes("Safety:");
const CATEGORIES: Slice = bytes("Categories:");
const SAFE: Slice = bytes("Safe");
const CONTROVERSIAL: Slice = bytes("Controversial");
const UNSAFE: Slice = bytes("Unsafe");
const JAILBREAK: Slice = bytes("Jailbreak");
const PII: Slice = bytes("PII");
const NO_CATEGORY: Slice = bytes("None");

const LINE_FEED: u8 = 0x0a;
const COMMA: u8 = 0x2c;

/**
 * Qwen3Guard-Gen (content-security.md 4.7):
 *
 *   Safety: Unsafe
 *   Categories: Violent, PII
 *   Refusal: No
 */
@final
export class Qwen3GuardParser extends GuardParser {
  override parse(content: Slice): Judgement | null {
    const level = safetyOf(content);
    if (level == NO_LEVEL) return null;
    const judgement = new Judgement();
    if (level == LEVEL_NONE) return judgement;
    addCategories(judgement, categoriesIn(content), level);
    if (judgement.findings.length == 0) {
      addFinding(judgement, Dimension.ContentModeration, level);
    }
    return judgement;
  }
}

/** Level of the first line that names one; NO_LEVEL: none does. The word may be on a later line. */
function safetyOf(content: Slice): i32 {
  for (let at = 0; at >= 0; at = nextLine(content, at)) {
    const line = content.sub(at);
    if (!startsWithIgnoreCase(line, SAFETY)) continue;
    const level = levelOfWord(trim(line.sub(SAFETY.length)));
    if (level != NO_LEVEL) return level;
  }
  return NO_LEVEL;
}

function levelOfWord(text: Slice): i32 {
  if (beginsWithWord(text, UNSAFE)) return LEVEL_HIGH;
  if (beginsWithWord(text, CONTROVERSIAL)) return LEVEL_MEDIUM;
  return beginsWithWord(text, SAFE) ? LEVEL_NONE : NO_LEVEL;
}

function beginsWithWord(text: Slice, word: Slice): bool {
  return startsWithIgnoreCase(text, word) && !isWordByte(text.at(word.length));
}

function isWordByte(byte: i32): bool {
  return <u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10 || byte == 0x5f;
}

/** What stands behind the first `Categories:` at the start of a line. */
function categoriesIn(content: Slice): Slice {
  for (let at = 0; at >= 0; at = nextLine(content, at)) {
    const line = content.sub(at);
    if (!startsWithIgnoreCase(line, CATEGORIES)) continue;
    const end = line.indexOf(LINE_FEED);
    return line.sub(CATEGORIES.length, end < 0 ? line.length : end);
  }
  return NO_BYTES;
}

function addCategories(judgement: Judgement, list: Slice, level: i32): void {
  for (let from = 0; from < list.length;) {
    let end = list.indexOf(COMMA, from);
    if (end < 0) end = list.length;
    const category = trim(list.sub(from, end));
    from = end + 1;
    if (category.isEmpty || equalsIgnoreCase(category, NO_CATEGORY)) continue;
    addFinding(judgement, dimensionOfCategory(category), level);
    addLabel(judgement, category);
  }
}

function dimensionOfCategory(category: Slice): Dimension {
  if (equalsIgnoreCase(category, JAILBREAK)) return Dimension.PromptAttack;
  if (equalsIgnoreCase(category, PII)) return Dimension.SensitiveData;
  return Dimension.ContentModeration;
}

/** Where the line behind the one at `at` begins; -1: that is the last. */
function nextLine(content: Slice, at: i32): i32 {
  const end = content.indexOf(LINE_FEED, at);
  return end < 0 ? -1 : end + 1;
}
