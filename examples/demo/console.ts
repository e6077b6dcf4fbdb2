import pc from "picocolors";

const FRAMES = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
const NAME_WIDTH = 9;
/** Back to the start of the line, and empty it. */
const CLEAR = "\r\x1b[2K";

/** Tells about a step that is under way. */
export type Report = (doing: string) => void;

/**
 * Runs one step and shows how it goes: a moving line on a terminal, plain lines in a file.
 * `work` returns what to show when it is done.
 */
export async function step(name: string, work: (report: Report) => Promise<string>): Promise<void> {
  const line = process.stdout.isTTY ? new MovingLine(name) : new PlainLine(name);
  let result: string;
  try {
    result = await work((doing) => line.report(doing));
  } finally {
    line.close();
  }
  console.log(`  ${pc.green("✓")} ${name.padEnd(NAME_WIDTH)} ${pc.dim(result)}`);
}

/** A heading with room around it. */
export function title(text: string): void {
  console.log(`\n  ${pc.bold(text)}\n`);
}

/** The one line that says why the demo cannot go on. */
export function problem(text: string): void {
  console.error(`  ${pc.red("✗")} ${text}`);
}

/** One line, rewritten in place until the step is done. */
class MovingLine {
  private doing = "";
  private frame = 0;
  private readonly timer = setInterval(() => this.draw(), 80);

  constructor(private readonly name: string) {
    this.draw();
  }

  report(doing: string): void {
    this.doing = doing;
    this.draw();
  }

  /** Leaves an empty line for what comes next. */
  close(): void {
    clearInterval(this.timer);
    process.stdout.write(CLEAR);
  }

  private draw(): void {
    this.frame = (this.frame + 1) % FRAMES.length;
    const mark = pc.cyan(FRAMES[this.frame] ?? "");
    process.stdout.write(`${CLEAR}  ${mark} ${this.name.padEnd(NAME_WIDTH)} ${pc.dim(this.doing)}`);
  }
}

/** One line per event. */
class PlainLine {
  constructor(private readonly name: string) {}

  report(doing: string): void {
    console.log(`  … ${this.name.padEnd(NAME_WIDTH)} ${doing}`);
  }

  close(): void {}
}

/** A line that is rewritten at the end of everything; in a file each version is a line of its own. */
export class LastLine {
  private text = "";

  show(text: string): void {
    this.text = text;
    process.stdout.write(process.stdout.isTTY ? `${CLEAR}  ${text}` : `  ${text}\n`);
  }

  /** A line above it, which stays. */
  print(text: string): void {
    process.stdout.write(process.stdout.isTTY ? `${CLEAR}  ${text}\n` : `  ${text}\n`);
    if (this.text && process.stdout.isTTY) this.show(this.text);
  }
}
