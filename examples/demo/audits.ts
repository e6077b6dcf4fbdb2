import { open, type FileHandle } from "node:fs/promises";
import pc from "picocolors";
import type { LastLine } from "./console.js";

const PERIOD_MS = 300;
const READ_BYTES = 64 * 1024;

/** A line of the access log. */
interface Entry {
  consumer: string;
  status: number;
  details: string;
  ai_log: string;
}

/** Prints what content-security says of each request, as it comes. Never ends the process' wait. */
export async function showAudits(file: string, line: LastLine): Promise<void> {
  const log = await open(file, "r");
  const text = new TextDecoder();
  let rest = "";
  const timer = setInterval(async () => {
    const lines = (rest + text.decode(await readOn(log), { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const audit of lines.map(describeAudit)) if (audit) line.print(audit);
  }, PERIOD_MS);
  timer.unref();
}

/** One line for people; empty for requests that nobody judged. */
export function describeAudit(line: string): string {
  if (!line) return "";
  const { consumer, status, details, ai_log } = JSON.parse(line) as Entry;
  // No plugin wrote anything.
  if (ai_log === "-") return "";
  const audit = JSON.parse(ai_log) as Record<string, unknown>;
  if (!("safecheck_status" in audit)) return "";
  return `${pc.dim("audit:")} ${JSON.stringify({ consumer, status, details, ...audit })}`;
}

async function readOn(log: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await log.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, null);
  return buffer.subarray(0, bytesRead);
}
