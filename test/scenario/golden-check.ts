import { expect } from "vitest";
import { isUpdating, Rewriter } from "./rewrite.js";
import { expectedFor, type Scenario } from "./scenario.js";

/** Compares or, on demand, rewrites the transcripts of golden files. */
export class GoldenCheck {
  private readonly rewriters = new Map<string, Rewriter>();

  /**
   * @param host name of a transcript block that is this host's alone: a profile, or `envoy`
   * @param writes true for the one host whose run rewrites the shared transcripts
   */
  constructor(
    private readonly host: string,
    private readonly writes: boolean,
  ) {}

  /** Fails the running test unless the text is the scenario's transcript. */
  check(scenario: Scenario, text: string): void {
    const expected = expectedFor(scenario, this.host);
    const updating = isUpdating(snapshotMode());
    if (this.writes && updating && (expected?.host ?? "") === "") {
      const rewriter = this.rewriters.get(scenario.file) ?? new Rewriter();
      this.rewriters.set(scenario.file, rewriter);
      rewriter.note(scenario, text);
      return;
    }
    if (updating && !expected) return; // the run that writes supplies it
    const where = `${scenario.file}:${scenario.line}`;
    if (!expected) throw new Error(`${where} has no transcript; write it with vitest -u:\n${text}`);
    expect(text, `${where} on ${this.host}`).toBe(expected.text.trimEnd());
  }

  /** Writes what `check` noted; call it after the last test of a file. */
  write(): void {
    for (const [file, rewriter] of this.rewriters) rewriter.write(file);
  }
}

/** `all` under `vitest -u`. */
function snapshotMode(): string | undefined {
  // The mode is not part of the state's public type.
  const { snapshotState } = expect.getState();
  return (snapshotState as unknown as { _updateSnapshot?: string })._updateSnapshot;
}
