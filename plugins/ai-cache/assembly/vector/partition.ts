import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

/*
 * How a stored question shows whose it is, when it is not everybody's:
 *
 *   aicp1:<64 hexadecimal digits>:How tall is Everest?
 */

const MARK: Slice = bytes("aicp1:");
const DIGITS: i32 = 64;
const COLON: u8 = 0x3a;

/** A question that would pass for one of a partition; without a partition it is not stored. */
export function isMarked(question: Slice): bool {
  return question.startsWith(MARK);
}

/** A question as it is stored. @param partition 64 hexadecimal digits; no bytes: none */
export function markedText(question: Slice, partition: Slice): Slice {
  if (partition.isEmpty) return question;
  const text = new Builder(question.length + MARK.length + DIGITS + 1);
  return text.append(MARK).append(partition).appendByte(COLON).append(question).view();
}

/** The question in a stored text of exactly this partition; null: it belongs to another. */
export function findQuestion(text: Slice, partition: Slice): Slice | null {
  if (partition.isEmpty) return text.startsWith(MARK) ? null : text;
  const end = MARK.length + partition.length;
  const isSame = text.startsWith(MARK) && text.sub(MARK.length, end).equals(partition);
  return isSame && text.at(end) == COLON ? text.sub(end + 1) : null;
}
