import { loadDriver } from "../bytes/load.js";

export const REQUEST = 0;
export const RESPONSE = 1;

type Text = string | Uint8Array;

/** What the rules say: `denied` is label, dimension and level of a refusal. */
export interface Outcome {
  verdict: "pass" | "mask" | "deny";
  denied?: string;
  logged?: string[];
  text: Buffer;
}

/** The local rules of the plugin, without a plugin around them. */
export class LocalRules {
  private constructor(private readonly run: Awaited<ReturnType<typeof loadDriver>>) {}

  /** @param onStep called for each step of the module, see `countingSteps` */
  static async load(onStep?: () => void): Promise<LocalRules> {
    const entry = "test/unit/content-security/driver/local.ts";
    return new LocalRules(await loadDriver(entry, undefined, undefined, undefined, onStep));
  }

  /** Reads a configuration; answers why it is refused, empty when it is not. Begins a request. */
  configure(config: unknown): string {
    this.begin();
    return this.run("configure", [], JSON.stringify(config))!.toString();
  }

  /** The rules alone, which must be right. */
  use(...rules: unknown[]): void {
    const refused = this.configure({ rules });
    if (refused !== "") throw new Error(refused);
  }

  /** A new request begins, its texts are plain. */
  begin(): void {
    this.run("begin", []);
    this.expectJson(false);
  }

  /** The texts that follow are JSON, as the arguments of a tool are. */
  expectJson(yes = true): void {
    this.run("expectJson", [Number(yes)]);
  }

  examine(text: Text, phase = REQUEST, role = ""): Outcome {
    return outcomeOf(this.run("examine", [phase], role, text)!);
  }

  stream(pieces: Text[], phase = RESPONSE, role = ""): Outcome {
    return outcomeOf(this.run("stream", [phase, pieces.length], role, ...pieces)!);
  }

  /** How many bytes are held back after each piece. */
  held(...pieces: Text[]): number[] {
    const answer = this.run("held", [RESPONSE, pieces.length], "", ...pieces)!.toString();
    return answer.trim().split(" ").map(Number);
  }

  restore(text: Text): string {
    return this.run("restore", [], text)!.toString();
  }

  abilities(): string {
    return this.run("abilities", [])!.toString();
  }

  /** Bytes of the word lists, and of all memory. */
  weigh(): [words: number, memory: number] {
    const [words, pages] = this.run("weigh", [])!.toString().split(" ").map(Number);
    return [words!, pages! * 65536];
  }
}

/** A text cut in two at every byte, and in single bytes. */
export function cuts(text: Text): Uint8Array[][] {
  const bytes = Buffer.from(text);
  const pieces = Array.from(bytes, (byte) => [Buffer.of(byte)]).flat();
  const halves = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  return [pieces, ...halves];
}

function outcomeOf(answer: Buffer): Outcome {
  const end = answer.indexOf("|");
  const [head, ...logged] = answer.subarray(1, end).toString().split("+");
  const outcome: Outcome = {
    verdict: (["pass", "mask", "deny"] as const)[Number(answer.subarray(0, 1))]!,
    text: answer.subarray(end + 1),
  };
  if (head) outcome.denied = head.slice(1);
  if (logged.length > 0) outcome.logged = logged;
  return outcome;
}
