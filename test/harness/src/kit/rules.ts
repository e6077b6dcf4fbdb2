import type { Place } from "../engine/environment.js";
import type { Severity, Violation } from "../types.js";

interface Rule {
  severity: Severity;
  title: string;
}

/** Strict rules (harness.md §8.3) with their default severity. */
export const RULES: Readonly<Record<string, Rule>> = {
  S01: { severity: "error", title: "body length changed while content-length stayed" },
  S02: { severity: "error", title: "continue_stream in a callback that returns Continue" },
  S03: { severity: "error", title: "continue after send_local_response in one callback" },
  S04: { severity: "fatal", title: "local reply in on_log, on_done or on_delete" },
  S05: { severity: "error", title: "local reply, continue or close acting on a root" },
  S06: { severity: "warn", title: "second local reply on a stream" },
  S07: { severity: "warn", title: "local reply after response headers were sent" },
  S08: { severity: "error", title: "header access outside its phase" },
  S09: { severity: "error", title: "malformed or too many pairs" },
  S10: { severity: "error", title: "CR, LF, NUL, space or nothing in a header name or value" },
  S11: { severity: "error", title: "stream paused and nothing left that could resume it" },
  S12: { severity: "error", title: "return value out of range" },
  S13: { severity: "fatal", title: "gRPC service without target" },
  S14: { severity: "error", title: "paused although http_call was rejected" },
  S15: { severity: "warn", title: "metric misuse" },
  S16: { severity: "error", title: "local reply with an impossible status or body" },
  S17: { severity: "error", title: "set_buffer_bytes refused" },
  S18: { severity: "error", title: "effective context set to a dead stream and then used" },
  S19: { severity: "error", title: "guest memory grows over repeats" },
  S20: { severity: "warn", title: "read-modify-write of shared data without cas" },
  S21: { severity: "warn", title: "property of another host" },
  S22: { severity: "error", title: "memory handed to the host was overwritten too early" },
  S23: { severity: "error", title: "host call in start or allocator" },
  S24: { severity: "error", title: "required pseudo header removed" },
  S25: { severity: "warn", title: "on_done returns 0 for a stream" },
  S26: { severity: "info", title: "side effect in vm_start or configure" },
  S27: { severity: "warn", title: "unknown foreign function" },
  S28: { severity: "error", title: "VM died with paused streams" },
  S29: {
    severity: "error",
    title: "body edit after its end, or waiting under value 2 above the buffer limit",
  },
  S30: { severity: "error", title: "per-callback budget exceeded" },
  S31: { severity: "info", title: "header change re-routed the request" },
  S32: { severity: "fatal", title: "continue of a response that has not begun" },
  S33: { severity: "fatal", title: "local reply or close, then a trap" },
};

/** Collects violations under the severities a test asked for. */
export class Rules {
  readonly violations: Violation[] = [];

  constructor(private strict: "off" | "warn" | "error" | Record<string, Severity>) {}

  severity(rule: string): Severity {
    const base = RULES[rule]?.severity ?? "error";
    if (this.strict === "off") return "off";
    if (this.strict === "error") return base;
    if (this.strict === "warn") return base === "info" ? "info" : "warn";
    return this.strict[rule] ?? base;
  }

  report(rule: string, message: string, place: Place): void {
    const severity = this.severity(rule);
    if (severity === "off") return;
    const same = (v: Violation) =>
      v.rule === rule && v.message === message && v.callback === place.callback;
    if (this.violations.some((v) => same(v) && v.plugin === place.plugin)) return;
    const anchor = `README.md#${rule.toLowerCase()}`;
    this.violations.push({ rule, severity, message, ...place, anchor });
  }

  /** Those that fail a test. */
  get failing(): Violation[] {
    return this.violations.filter((v) => v.severity === "error" || v.severity === "fatal");
  }
}

/** What was broken, where, the guest's stack, and where to read about it. */
export function describeViolation(violation: Violation): string {
  const where = [violation.plugin, violation.callback, violation.call].filter(Boolean).join(" › ");
  const title = RULES[violation.rule]?.title ?? "";
  const line = `${violation.rule} ${violation.severity}: ${title} – ${violation.message} (${where})`;
  const stack = violation.stack?.split("\n").map((frame) => `    ${frame}`) ?? [];
  return [line, ...stack, `    see ${violation.anchor}`].join("\n");
}
