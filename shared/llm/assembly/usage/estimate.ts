/** Bytes of text that make one token, where nothing else is configured. */
export const BYTES_PER_TOKEN: f64 = 4;

/**
 * How many tokens a text of so many bytes may be, rounded up (token-rate-limit contract 7.5). A
 * quotient that is not above 0 counts as the usual one.
 */
export function estimateTokens(bytes: i64, bytesPerToken: f64 = BYTES_PER_TOKEN): i64 {
  if (bytes <= 0) return 0;
  const quotient = bytesPerToken > 0 ? bytesPerToken : BYTES_PER_TOKEN;
  return <i64>min(ceil(<f64>bytes / quotient), 1e12);
}
