import { OPERATOR_KEY } from "../keys.js";

/** The query tells these calls apart from those that somebody pastes. */
const PATH = "/v1/chat/completions/quota/report?for=live-page";
const TIMEOUT_MS = 2000;

/** What token-quota says of one consumer. */
export interface Quota {
  consumer: string;
  /** Tokens; below 0 when the last answer took more than there was. */
  left: number;
  /** In the running period, else since the balance began. */
  input: number;
  output: number;
  requests: number;
  /** Name of the period, such as `2026-05-01`; null: the balance never begins anew. */
  period: string | null;
}

/** Counts of the report. */
interface Counts {
  input: number;
  output: number;
  requests: number;
}

/** The report, as far as the page shows it (plugins/token-quota/README.md). */
interface Report {
  quotas: {
    consumer?: string;
    quota: number;
    period?: Partial<Counts> & { id: string };
    total?: Counts;
  }[];
}

/** Whether a request of the access log is one of the page itself. */
export function isOwnCall(path: string | null): boolean {
  return path === PATH;
}

/**
 * Asks token-quota, through the gateway, who used what.
 *
 * @throws Error when the gateway does not answer, or with something else
 */
export async function askForQuotas(gatewayPort: number): Promise<Quota[]> {
  const answer = await fetch(`http://127.0.0.1:${gatewayPort}${PATH}`, {
    headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`the report of token-quota answers ${answer.status}`);
  return readQuotas(await answer.text());
}

/** Reads the report; groups have no usage of their own and are left out. */
export function readQuotas(text: string): Quota[] {
  const { quotas } = JSON.parse(text) as Report;
  return quotas.flatMap(({ consumer, quota, period, total }): Quota[] => {
    if (consumer === undefined) return [];
    const { input = 0, output = 0, requests = 0 } = period ?? total ?? {};
    return [{ consumer, left: quota, input, output, requests, period: period?.id ?? null }];
  });
}
