import { readFileSync, writeFileSync } from "node:fs";
import type { Scenario } from "./scenario.js";

/** True when transcripts are to be written instead of compared: `vitest -u` or UPDATE_GOLDENS=1. */
export function isUpdating(snapshotUpdate: string | undefined): boolean {
  return process.env["UPDATE_GOLDENS"] === "1" || snapshotUpdate === "all";
}

/** New transcripts of one file, written together so that line numbers stay true. */
export class Rewriter {
  private readonly changes: { scenario: Scenario; text: string }[] = [];

  /** Notes the transcript all hosts share; a host's own block is edited by hand. */
  note(scenario: Scenario, text: string): void {
    this.changes.push({ scenario, text });
  }

  /** Replaces the noted transcripts, last one first. A scenario without a block gets one. */
  write(file: string): void {
    if (!this.changes.length) return;
    const before = readFileSync(file, "utf8");
    const after = applyChanges(before, this.changes);
    if (after !== before) writeFileSync(file, after);
  }
}

/** The Markdown with new transcripts; exported for its tests. */
export function applyChanges(
  markdown: string,
  changes: readonly { scenario: Scenario; text: string }[],
): string {
  const lines = markdown.split("\n");
  const edits = changes.map(({ scenario, text }) => {
    const shared = scenario.expected.find((expected) => expected.host === "");
    if (shared) return { from: shared.from + 1, to: shared.to, lines: text.split("\n") };
    const end = endOfSection(lines, scenario.line);
    return { from: end, to: end, lines: ["", "```transcript", ...text.split("\n"), "```"] };
  });
  for (const edit of edits.sort((a, b) => b.from - a.from)) {
    lines.splice(edit.from, edit.to - edit.from, ...edit.lines);
  }
  return lines.join("\n");
}

/** Line after the last fence of the section whose heading is just above `start`. */
function endOfSection(lines: string[], start: number): number {
  let last = start;
  let open = "";
  for (let i = start; i < lines.length; i++) {
    const mark = /^(`{3,}|~{3,})/.exec(lines[i] ?? "")?.[1] ?? "";
    if (mark && (!open || mark === open)) open = open ? "" : mark;
    else if (!open && /^#{1,2}\s/.test(lines[i] ?? "")) break;
    if (mark) last = i + 1;
  }
  return last;
}
