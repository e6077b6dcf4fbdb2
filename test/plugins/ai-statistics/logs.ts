/** The object that a request left in `ai_log`, where it stands escaped. */
export function logOf(filterState: Record<string, Uint8Array | undefined>): unknown {
  const text = Buffer.from(filterState["ai_log"] ?? []).toString();
  return JSON.parse(JSON.parse(`"${text}"`) as string);
}
