import { loadDriver, type Run } from "../bytes/load.js";
import { encodeCuts } from "./cuts.js";

/** The driver; there once `loadReader` has ended. */
export let run: Run;

export async function loadReader(): Promise<void> {
  run = await loadDriver("test/unit/llm/driver/usage.ts");
}

/** What the driver reports; numbers that are 0 and empty texts are left out. */
export interface Usage {
  seen: boolean;
  model?: string;
  chatId?: string;
  input?: number;
  output?: number;
  total?: number;
  charged?: number;
  billed?: number;
  cachedInput?: number;
  cacheCreation?: number;
  cacheRead?: number;
  reasoning?: number;
  thoughts?: number;
  dropped?: number;
  contentBytes?: number;
}

/** What a response says that it used, read in the pieces between the cuts. */
export function read(
  type: string,
  body: string | Uint8Array,
  cuts: number[] = [],
  operation = "read",
): Usage {
  return JSON.parse(run(operation, [1], type, body, encodeCuts(cuts))!.toString()) as Usage;
}
