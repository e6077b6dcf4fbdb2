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

/** What else a question has. */
interface More {
  prompt?: string;
  /** Of one consumer. */
  service?: string;
  /** Place in the list of services. */
  index?: number;
}

/**
 * Back ends, each call with a configuration of its own: that of a back end, or of a whole plugin when
 * it has no `type`.
 */
export class Services {
  private constructor(private readonly run: Run) {}

  static async load(): Promise<Services> {
    return new Services(
      await loadDriver("test/unit/content-security/driver/services.ts", stubHost),
    );
  }

  /** What is wrong with the configuration of a plugin, or its services. */
  configure(config: object): string {
    return this.text("configure", [], JSON.stringify(config)) ?? "";
  }

  /** The call of a service; null: it is not one to judge this. */
  ask(config: object, phase: number, kind: number, asked: string, more: More = {}): Call | null {
    const { prompt = "", service = "", index = 0 } = more;
    const numbers = [index, phase, kind];
    const call = this.text("ask", numbers, whole(config), asked, prompt, service) ?? "";
    if (call === "does not judge") return null;
    const end = call.indexOf("\n\n");
    return { head: call.slice(0, end).split("\n"), body: call.slice(end + 2) };
  }

  /** Null: a failure. */
  parse(config: object, answer: unknown, phase = 0, kind = 0, index = 0): Said | null {
    const said = this.text("parse", [index, phase, kind], whole(config), bodyOf(answer), ASKED);
    if (said === null) return null;
    const judgement = JSON.parse(said) as Said & { findings: [number, string, string, boolean][] };
    const findings = judgement.findings.map(
      ([, type, level, canMask]) => `${type}/${level}${canMask ? "*" : ""}`,
    );
    return { ...judgement, findings };
  }

  /** `parse` of bytes, as JSON. */
  parseBytes(config: object, answer: Uint8Array, phase: number): string | null {
    return this.text("parse", [0, phase, 0], whole(config), answer, ASKED);
  }

  requestId(config: object, answer: unknown): string | null {
    return this.text("requestId", [0], whole(config), bodyOf(answer));
  }

  /** @param bar of all dimensions and of the whole */
  verdict(config: object, answer: unknown, bar: number, mask = false): string | null {
    return this.text("verdict", [0, bar, Number(mask)], whole(config), bodyOf(answer), ASKED);
  }

  /** The lengths at which an answer, cut off there, is taken for a whole one. */
  believedCuts(config: object, answer: unknown): number[] {
    const body = Buffer.from(bodyOf(answer));
    const cuts = Array.from({ length: body.length }, (_, end) => end);
    return cuts.filter((end) => this.run("parse", [0, 0, 0], whole(config), body.subarray(0, end)));
  }

  /** An operation of the driver by itself. */
  text(operation: string, numbers: number[], ...args: (string | Uint8Array)[]): string | null {
    return this.run(operation, numbers, ...args)?.toString() ?? null;
  }
}

function whole(config: object): string {
  return JSON.stringify("type" in config ? { backend: config } : config);
}

function bodyOf(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}
