/**
 * A backslash before U+0001 or U+0002 says that no digit stands before, or behind: the table of grok
 * names needs it, and RE2 has no such thing. Elsewhere it is the character itself. As `notesGroups`, a
 * constant in a module that never calls `readDigitMarks`.
 */
export let readsDigitMarks: bool = false;

/** Patterns that are read from now on may have such marks, or may not. */
export function readDigitMarks(on: bool): void {
  readsDigitMarks = on;
}
