/** A fenced code block of a Markdown file. */
export interface Fence {
  /** Words of the info string: ```` ```http request h2 ```` gives `["http", "request", "h2"]`. */
  info: string[];
  text: string;
  /** Zero-based lines of the opening and the closing fence. */
  from: number;
  to: number;
}

/** A heading with everything below it, up to the next heading of the same or a higher level. */
export interface Section {
  level: number;
  title: string;
  /** Zero-based line of the heading. */
  line: number;
  /** First paragraph, its lines joined by a space. */
  why: string;
  fences: Fence[];
}

const OPENING = /^(`{3,}|~{3,})\s*(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;

/**
 * Cuts Markdown into sections with their fences. Only what goldens need: headings, first
 * paragraphs, fences of backticks or tildes at the left margin.
 *
 * @throws Error naming the line of a fence that is never closed
 */
export function readSections(markdown: string): Section[] {
  const lines = markdown.split("\n");
  const sections: Section[] = [];
  let current: Section | null = null;
  let paragraph: string[] = [];
  const endParagraph = () => {
    if (current && !current.why && paragraph.length) current.why = paragraph.join(" ");
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const opening = OPENING.exec(line);
    const heading = HEADING.exec(line);
    if (opening) {
      endParagraph();
      const fence = readFence(lines, i, opening);
      current?.fences.push(fence);
      i = fence.to;
    } else if (heading) {
      endParagraph();
      current = {
        level: heading[1]?.length ?? 0,
        title: heading[2] ?? "",
        line: i,
        why: "",
        fences: [],
      };
      sections.push(current);
    } else if (line.trim()) paragraph.push(line.trim());
    else endParagraph();
  }
  endParagraph();
  return sections;
}

function readFence(lines: string[], from: number, opening: RegExpExecArray): Fence {
  const mark = opening[1] ?? "```";
  let to = from + 1;
  while (to < lines.length && lines[to]?.trimEnd() !== mark) to++;
  if (to === lines.length) throw new Error(`line ${from + 1}: the fence is never closed`);
  const info = (opening[2] ?? "").trim().split(/\s+/).filter(Boolean);
  return { info, text: lines.slice(from + 1, to).join("\n"), from, to };
}
