import { createRequire } from "node:module";
import { HarnessFault } from "../abi/fault.js";

/** A node of a parsed expression; what `args` holds depends on `op`. */
export interface CelNode {
  op: string;
  args: unknown;
}

/** A parsed expression; call it with its variables. */
export type CelProgram = ((variables: Record<string, unknown>) => unknown) & { ast: CelNode };

interface CelEnvironment {
  parse(text: string): CelProgram;
  registerFunction(signature: string, run: (...args: never[]) => unknown): unknown;
  registerOperator(signature: string, run: (a: unknown, b: unknown) => boolean): unknown;
}

/** The part of `@marcbachmann/cel-js` used here. */
export interface CelLibrary {
  parse(text: string): CelProgram;
  /** An unsigned integer as the library knows it. */
  uint(value: bigint): object;
  /** True for an expression the grammar refuses. */
  refused(error: unknown): boolean;
  /** True for an expression that has no value. */
  failed(error: unknown): error is Error;
}

type Class = new (...args: never[]) => object;
interface CelModule {
  Environment: new (options: object) => CelEnvironment;
  ParseError: Class;
  EvaluationError: Class;
}

const PACKAGE = "@marcbachmann/cel-js";
/** Unlike the library, Envoy compares values of any two of them. */
const SCALARS = ["int", "uint", "double", "string", "bool", "bytes", "null_type"];
const NUMBERS = new Set(["int", "uint", "double"]);

let loaded: CelLibrary | undefined;

/**
 * The CEL interpreter, loaded once.
 *
 * @throws HarnessFault when the optional package is not installed
 */
export function celLibrary(): CelLibrary {
  return (loaded ??= load());
}

function load(): CelLibrary {
  let module: CelModule;
  try {
    module = createRequire(import.meta.url)(PACKAGE) as CelModule;
  } catch {
    throw new HarnessFault(
      `expr_* (CEL) needs the optional package ${PACKAGE}: npm install ${PACKAGE}@8.0.0`,
    );
  }
  const { Environment, ParseError, EvaluationError } = module;
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  });
  compareAll(environment);
  addFunctions(environment);
  const Uint = (environment.parse("0u")({}) as object).constructor as new (v: bigint) => object;
  return {
    parse: (text) => environment.parse(text),
    uint: (value) => new Uint(value),
    refused: (error) => error instanceof ParseError,
    failed: (error): error is Error => error instanceof EvaluationError,
  };
}

/** What Envoy has and the library has not. */
function addFunctions(environment: CelEnvironment): void {
  const matches = environment.parse("a.matches(b)");
  environment.registerFunction("matches(string, string): bool", (a: string, b: string) =>
    matches({ a, b }),
  );
  environment.registerFunction("int(google.protobuf.Timestamp): int", (time: Date) =>
    BigInt(Math.floor(time.getTime() / 1000)),
  );
}

function compareAll(environment: CelEnvironment): void {
  for (const left of SCALARS) {
    for (const right of SCALARS) {
      if (left === right) continue;
      const numbers = NUMBERS.has(left) && NUMBERS.has(right);
      try {
        environment.registerOperator(`${left} == ${right}`, (a, b) =>
          numbers ? Number(a) === Number(b) : false,
        );
      } catch {
        // The library has it, or got it with the operands the other way round.
      }
    }
  }
}
