/** What goes wrong with an answer; every field is optional and they combine. */
export interface Fault {
  /** Answer with this status and an OpenAI error body. */
  status?: number;
  /** Wait this long before answering, in ms. */
  delay?: number;
  /** Reset the connection instead of answering. */
  reset?: boolean;
  /** Break off a stream after this many chunks, a JSON answer in its middle. */
  cut?: number;
  /** Only the next so many requests; without it until the fault is taken back. Not in a header. */
  times?: number;
  /** Only requests for this model; without it all that have no fault of their own. Not in a header. */
  model?: string;
}

const LONGEST_DELAY = 60_000;
const LIMITS: Record<"status" | "delay" | "cut" | "times", [number, number]> = {
  status: [200, 599],
  delay: [0, LONGEST_DELAY],
  cut: [0, 100_000],
  times: [1, 100_000],
};

/**
 * Reads the value of header `x-mock-fault`: `status=503`, `delay=2000, cut=3`, `reset`.
 *
 * @returns null when a word is unknown or a number is out of range
 */
export function parseFault(text: string): Fault | null {
  const fields: Record<string, unknown> = {};
  for (const word of text.split(/[,;\s]+/).filter(Boolean)) {
    const [name = "", value] = word.split("=", 2);
    fields[name] = value === undefined ? true : Number(value);
  }
  return checkFault(fields);
}

/** The fault that an object of a JSON body describes; null when it is not one. */
export function checkFault(fields: unknown): Fault | null {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return null;
  const fault: Fault = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "reset" && typeof value === "boolean") fault.reset = value;
    else if (name === "model" && typeof value === "string") fault.model = value;
    else if (isNumberField(name) && isWithin(value, LIMITS[name])) fault[name] = value;
    else return null;
  }
  return fault;
}

function isNumberField(name: string): name is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, name);
}

function isWithin(value: unknown, [least, most]: [number, number]): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

/** The faults that are switched on: one for all requests, and one for each model. */
export class FaultSwitch {
  private readonly current = new Map<string | undefined, Fault>();

  /** Replaces the fault for the same model, or for all; null takes all faults back. */
  set(fault: Fault | null): void {
    if (fault) this.current.set(fault.model, { ...fault });
    else this.current.clear();
  }

  /** What is switched on. */
  all(): Fault[] {
    return [...this.current.values()];
  }

  /** The fault for the next request; counts down `times`. */
  take(model: string | undefined): Fault | null {
    const fault = this.current.get(model) ?? this.current.get(undefined);
    if (fault?.times !== undefined) {
      fault.times -= 1;
      if (fault.times === 0) this.current.delete(fault.model);
    }
    return fault ?? null;
  }
}
