import pc from "picocolors";
import { attributesOf, readAuditLine } from "./audit-log.js";
import type { LastLine } from "./console.js";
import { Tail } from "./tail.js";

const PERIOD_MS = 300;

/** Prints what content-security says of each request, as it comes. Never ends the process' wait. */
export async function showAudits(file: string, line: LastLine): Promise<void> {
  const log = await Tail.open(file);
  const timer = setInterval(async () => {
    for (const audit of (await log.lines()).map(describeAudit)) if (audit) line.print(audit);
  }, PERIOD_MS);
  timer.unref();
}

/** One line for people; empty for requests that nobody judged. */
export function describeAudit(line: string): string {
  const entry = readAuditLine(line);
  const { consumer, status, details } = entry;
  const verdicts = Object.entries(attributesOf(entry)).filter(([key]) =>
    key.startsWith("safecheck"),
  );
  if (verdicts.length === 0) return "";
  const audit = { consumer, status, details, ...Object.fromEntries(verdicts) };
  return `${pc.dim("audit:")} ${JSON.stringify(audit)}`;
}
