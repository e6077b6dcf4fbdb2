import binaryen from "binaryen";
import { api, type Program } from "./api.js";

const VISIT_GLOBALS = "~lib/rt/__visit_globals";

/**
 * A transform of asc: what the collector does with globals. Constants of bytes (fixed-bytes.ts) are
 * not visited: they and what they own lie in static data. Others are visited without asking before
 * whether they are null, which `__visit` asks as well. 7 bytes of code for each of either.
 */
export class LeanVisits {
  private program: Program | undefined;

  afterInitialize(program: Program): void {
    this.program = program;
  }

  afterCompile(module: binaryen.Module): void {
    const visits = module.getFunction(VISIT_GLOBALS);
    if (!visits) return;
    const constants = this.constants(module);
    const body = api._BinaryenFunctionGetBody(visits);
    for (let at = api._BinaryenBlockGetNumChildren(body) - 1; at >= 0; at--) {
      const visit = visitOf(api._BinaryenBlockGetChildAt(body, at));
      if (!visit) continue;
      if (constants.has(visit.global)) {
        api._BinaryenBlockRemoveChildAt(body, at);
      } else {
        api._BinaryenCallSetOperandAt(visit.call, 0, visit.value);
        api._BinaryenBlockSetChildAt(body, at, visit.call);
      }
    }
  }

  /** Names of the globals whose type is Slice and that lie in static data. */
  private constants(module: binaryen.Module): Set<string> {
    const names = new Set<string>();
    for (const { internalName, type } of this.program?.elementsByName.values() ?? []) {
      if (type?.classReference?.name !== "Slice") continue;
      const global = module.getGlobal(internalName);
      // What is made at start-up is in a global that changes once, and lies on the heap.
      if (global && !binaryen.getGlobalInfo(global).mutable) names.add(internalName);
    }
    return names;
  }
}

/** The parts of `if (it = global) visit(it)`; null for another expression. */
function visitOf(expression: number): { global: string; value: number; call: number } | null {
  const test = binaryen.getExpressionInfo(expression) as binaryen.IfInfo;
  if (test.id !== binaryen.IfId) return null;
  const tee = binaryen.getExpressionInfo(test.condition) as binaryen.LocalSetInfo;
  if (tee.id !== binaryen.LocalSetId) return null;
  const get = binaryen.getExpressionInfo(tee.value) as binaryen.GlobalGetInfo;
  if (get.id !== binaryen.GlobalGetId) return null;
  return { global: get.name, value: tee.value, call: test.ifTrue };
}
