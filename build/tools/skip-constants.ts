import binaryen from "binaryen";

/** The little of asc's program (assemblyscript 0.28) that is needed here. */
interface Program {
  elementsByName: Map<string, ProgramElement>;
}
interface ProgramElement {
  internalName: string;
  type?: { classReference?: { name: string } | null };
}
interface Module {
  getFunction(name: string): number;
  getGlobal(name: string): number;
}

/** binaryen's C API, which asc's own modules belong to. Numbers are pointers. */
interface CApi {
  _BinaryenFunctionGetBody(function_: number): number;
  _BinaryenGlobalIsMutable(global: number): number;
  _BinaryenBlockGetNumChildren(block: number): number;
  _BinaryenBlockGetChildAt(block: number, index: number): number;
  _BinaryenBlockRemoveChildAt(block: number, index: number): number;
  _BinaryenExpressionGetId(expression: number): number;
  _BinaryenIfGetCondition(if_: number): number;
  _BinaryenLocalSetGetValue(tee: number): number;
  _BinaryenGlobalGetGetName(get: number): number;
  _BinaryenGlobalGetName(global: number): number;
}

const api = binaryen as unknown as CApi;
const VISIT_GLOBALS = "~lib/rt/__visit_globals";

/**
 * A transform of asc that keeps the collector from visiting constants of bytes (fixed-bytes.ts):
 * they and what they own lie in static data. 7 bytes of code and a call per constant and collection.
 */
export class SkipConstants {
  private program: Program | undefined;

  afterInitialize(program: Program): void {
    this.program = program;
  }

  afterCompile(module: Module): void {
    const visits = module.getFunction(VISIT_GLOBALS);
    if (!visits) return;
    const constants = this.constants(module);
    const body = api._BinaryenFunctionGetBody(visits);
    for (let at = api._BinaryenBlockGetNumChildren(body) - 1; at >= 0; at--) {
      const child = api._BinaryenBlockGetChildAt(body, at);
      if (constants.has(visited(child))) api._BinaryenBlockRemoveChildAt(body, at);
    }
  }

  /** Names of the globals whose type is Slice and that lie in static data; equal names are one pointer. */
  private constants(module: Module): Set<number> {
    const names = new Set<number>();
    for (const { internalName, type } of this.program?.elementsByName.values() ?? []) {
      if (type?.classReference?.name !== "Slice") continue;
      const global = module.getGlobal(internalName);
      // What is made at start-up is in a global that changes once, and lies on the heap.
      if (global && !api._BinaryenGlobalIsMutable(global)) {
        names.add(api._BinaryenGlobalGetName(global));
      }
    }
    return names;
  }
}

/** The name of the global in `if (it = global) visit(it)`; 0 for another expression. */
function visited(expression: number): number {
  if (!isA(expression, binaryen.IfId)) return 0;
  const tee = api._BinaryenIfGetCondition(expression);
  if (!isA(tee, binaryen.LocalSetId)) return 0;
  const global = api._BinaryenLocalSetGetValue(tee);
  if (!isA(global, binaryen.GlobalGetId)) return 0;
  return api._BinaryenGlobalGetGetName(global);
}

function isA(expression: number, id: number): boolean {
  return api._BinaryenExpressionGetId(expression) === id;
}
