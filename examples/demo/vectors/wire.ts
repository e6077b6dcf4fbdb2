/** A call as it arrives. Names of headers are in lower case. */
export interface WireRequest {
  method: string;
  /** With query. */
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
}

/** What goes back, as JSON. */
export interface WireAnswer {
  status: number;
  body: unknown;
}

/** A service that answers calls; what it throws is a `Refused`. */
export type Service = (request: WireRequest) => WireAnswer;

/** A call that the real service would not take. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** The answer of a service to a call, right or wrong. */
export function serve(
  service: Service,
  call: WireRequest,
): { answer: WireAnswer; refusal: string | null } {
  try {
    return { answer: service(call), refusal: null };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, message } = error;
    return { answer: { status, body: { status, error: message } }, refusal: message };
  }
}

export function check(isRight: boolean, reason: string, status = 400): asserts isRight {
  if (!isRight) throw new Refused(status, reason);
}

/** Method and path, and that a body is JSON. */
export function checkCall(request: WireRequest, method: string, path: string): void {
  check(request.method === method, `${request.method} instead of ${method}`, 405);
  check(request.path === path, `${request.path} instead of ${path}`, 404);
  checkHeader(request, "content-type", "application/json", 415);
}

/** A header with exactly this value. */
export function checkHeader(request: WireRequest, name: string, value: string, status = 401): void {
  const found = request.headers[name];
  check(found === value, `${name} is ${String(found)}`, status);
}

/** The body as an object. */
export function bodyOf(request: WireRequest): unknown {
  try {
    return JSON.parse(request.body);
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
}

/**
 * An object with exactly these members, in this order.
 *
 * @param optional may follow, in this order
 */
export function membersOf(
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  check(typeof value === "object" && value !== null && !Array.isArray(value), "no object");
  const keys = Object.keys(value);
  const wanted = [...required, ...optional.filter((key) => keys.includes(key))];
  check(keys.join() === wanted.join(), `members ${keys.join()} instead of ${wanted.join()}`);
  return value as Record<string, unknown>;
}

export function textOf(value: unknown): string {
  check(typeof value === "string", "no string");
  return value;
}

export function numberOf(value: unknown): number {
  check(typeof value === "number", "no number");
  return value;
}

/** The only element of a list. */
export function onlyOf(value: unknown): unknown {
  check(Array.isArray(value) && value.length === 1, "no list of one");
  return (value as unknown[])[0];
}

export function vectorOf(value: unknown): number[] {
  const isVector = Array.isArray(value) && value.every((item) => typeof item === "number");
  check(isVector && value.length > 0, "no vector");
  return value;
}

/** Exactly this, deeply. */
export function checkSame(value: unknown, wanted: unknown): void {
  const [found, right] = [JSON.stringify(value), JSON.stringify(wanted)];
  check(found === right, `${found} instead of ${right}`);
}
