import { loadDriver, type Run } from "../bytes/load.js";
import { stubHost } from "./host.js";

export const [REQUEST, RESPONSE] = [0, 1] as const;
export const [TEXT, URL, BASE64] = [0, 1, 2] as const;
/** What every answer of the tests is about. */
export const ASKED = "call 123";
export const [PASS, MASK, DENY] = ["0", "1", "2"] as const;

export interface Call {
  /** Lines `name: value`. */
  head: string[];
  body: string;
}

/** `type/level` of each finding, with `*` when it can be masked. */
export interface Said {
  findings: string[];
  [member: string]: unknown;
}

/** Back ends as they are configured, each call with a configuration of its own. */
export class Services {
  private constructor(private readonly run: Run) {}

  static async load(): Promise<Services> {
    return new Services(
      await loadDriver("test/unit/content-security/driver/services.ts", stubHost),
    );
  }

  /** What is wrong with a configuration, or its services. */
  configure(config: object): string {
    return this.text("configure", [], config) ?? "";
  }

  /** The call of the service at `index`; null: it is not one to judge this. */
  ask(
    backend: object,
    phase: number,
    kind: number,
    asked: string,
    prompt = "",
    index = 0,
  ): Call | null {
    const call = this.text("ask", [index, phase, kind], { backend }, asked, prompt) ?? "";
    if (call === "does not judge") return null;
    const end = call.indexOf("\n\n");
    return { head: call.slice(0, end).split("\n"), body: call.slice(end + 2) };
  }

  /** Null: a failure. */
  parse(backend: object, answer: unknown, phase = 0, kind = 0, index = 0): Said | null {
    const said = this.text("parse", [index, phase, kind], { backend }, this.body(answer), ASKED);
    if (said === null) return null;
    const judgement = JSON.parse(said) as Said & { findings: [number, string, string, boolean][] };
    const findings = judgement.findings.map(
      ([, type, level, canMask]) => `${type}/${level}${canMask ? "*" : ""}`,
    );
    return { ...judgement, findings };
  }

  requestId(backend: object, answer: unknown): string | null {
    return this.text("requestId", [0], { backend }, this.body(answer));
  }

  verdict(backend: object, answer: unknown, bar: number, mask = false): string | null {
    return this.text("verdict", [0, bar, Number(mask)], { backend }, this.body(answer), ASKED);
  }

  /** The lengths at which an answer, cut off there, is taken for a whole one. */
  believedCuts(backend: object, answer: unknown): number[] {
    const body = Buffer.from(this.body(answer));
    const cuts = Array.from({ length: body.length }, (_, end) => end);
    const config = JSON.stringify({ backend });
    return cuts.filter((end) => this.run("parse", [0, 0, 0], config, body.subarray(0, end)));
  }

  private body(answer: unknown): string {
    return typeof answer === "string" ? answer : JSON.stringify(answer);
  }

  private text(operation: string, numbers: number[], ...args: (string | object)[]): string | null {
    const texts = args.map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg)));
    return this.run(operation, numbers, ...texts)?.toString() ?? null;
  }
}
