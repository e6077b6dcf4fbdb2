import { UsageScanner } from "@ai-gateway-wasm/llm/usage-document";

/** A scanner that no answer needs at the moment: it has a dozen objects, which most answers share. */
let idle: UsageScanner | null = null;

/** A scanner that has read nothing. */
export function takeScanner(): UsageScanner {
  const scanner = idle;
  idle = null;
  if (scanner === null) return new UsageScanner();
  scanner.document.clear();
  return scanner;
}

/** Gives it back, for the next answer. */
export function giveScanner(scanner: UsageScanner): void {
  scanner.finish();
  idle = scanner;
}
