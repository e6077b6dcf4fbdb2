import { expect } from "vitest";
import type { Host } from "../kit/host.js";
import { describeLeak, type LeakReport } from "../kit/leak.js";
import type { Trace } from "../kit/trace.js";
import { describeViolation } from "../kit/rules.js";
import type { ClientResponse, MetricsView, StepResult } from "../types.js";

interface Outcome {
  pass: boolean;
  message: () => string;
}

const outcome = (pass: boolean, message: string): Outcome => ({ pass, message: () => message });

/** Matchers for `expect.extend`. */
export const matchers = {
  /** No violation of severity error or fatal. */
  toHaveNoViolations(host: Host): Outcome {
    const failing = host.failingViolations();
    return outcome(
      failing.length === 0,
      failing.map(describeViolation).join("\n") || "no violations",
    );
  },

  /** A report of `checkLeaks` in which nothing rose. */
  toHaveNoLeak(report: LeakReport): Outcome {
    return outcome(
      !report.leaking,
      `${report.leaking ? "leak" : "no leak"}: ${describeLeak(report)}`,
    );
  },

  /** The rule was broken at least once. */
  toHaveViolation(host: Host, rule: string): Outcome {
    host.failingViolations();
    const found = host.violations.map((violation) => violation.rule);
    return outcome(
      found.includes(rule),
      `violations: ${found.join(", ") || "none"}; wanted ${rule}`,
    );
  },

  /** Answered by a filter or the proxy with this status, and these details if given. */
  toBeLocalReply(answer: ClientResponse, status: number, details?: string): Outcome {
    const pass =
      answer.local &&
      answer.status === status &&
      (details === undefined || answer.details === details);
    const kind = answer.local ? "local reply" : "upstream answer";
    return outcome(pass, `${kind} ${answer.status} "${answer.details}": ${answer.text()}`);
  },

  /** The step left the stream paused, by this action if given. */
  toPause(step: StepResult, action?: string): Outcome {
    const pass = step.paused && (action === undefined || step.action === action);
    return outcome(pass, step.paused ? `paused by ${step.by} with ${step.action}` : "not paused");
  },

  toHaveCounter(metrics: MetricsView, name: string, value: number): Outcome {
    const actual = metrics.counter(name);
    return outcome(actual === value, `counter ${name} is ${actual}, wanted ${value}`);
  },

  toHaveGauge(metrics: MetricsView, name: string, value: number): Outcome {
    const actual = metrics.gauge(name);
    return outcome(actual === value, `gauge ${name} is ${actual}, wanted ${value}`);
  },

  /** Some log line equals the text or matches the pattern. */
  toHaveLogged(host: Host, wanted: string | RegExp): Outcome {
    const hit = (text: string) =>
      typeof wanted === "string" ? text === wanted : wanted.test(text);
    const all = host.logs.map((line) => line.text);
    return outcome(all.some(hit), `logged:\n${all.join("\n")}`);
  },

  /** `trace.toSnapshot()` equals the stored one; `vitest --update` stores it anew. */
  toMatchTraceSnapshot(trace: Trace, hint?: string): Outcome {
    try {
      expect(trace.toSnapshot()).toMatchSnapshot(hint);
      return outcome(true, "the trace equals the stored one");
    } catch (error) {
      return outcome(false, (error as Error).message);
    }
  },

  /** The trace's readable text contains these lines in this order. */
  toContainTrace(trace: Trace, wanted: readonly string[]): Outcome {
    const text = trace.toString();
    let at = 0;
    for (const line of wanted) {
      const found = text.indexOf(line, at);
      if (found < 0) return outcome(false, `"${line}" not found from there on in\n${text}`);
      at = found + line.length;
    }
    return outcome(true, text);
  },
};
