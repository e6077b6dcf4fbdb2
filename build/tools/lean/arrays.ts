import binaryen from "binaryen";
import { api, type Class, type Program } from "./api.js";
import { callOf, infoOf, NEW, statementsOf } from "./constructors.js";

/**
 * A transform of asc: fixed arrays of references are one class to the collector, which visits them
 * all alike (lean/members.ts), and so are those of numbers, which it does not visit. Their
 * constructors become the same, and so do generic functions that make such arrays; the optimiser then
 * keeps one of each.
 */
export class LeanArrays {
  private program: Program | undefined;

  afterInitialize(program: Program): void {
    this.program = program;
  }

  afterCompile(module: binaryen.Module): void {
    const { managedClasses, staticArrayPrototype } = this.program as Program;
    const all = [...managedClasses.values()].filter(
      ({ prototype }) => prototype === staticArrayPrototype,
    );
    for (const array of all) {
      const first = all.find((other) => ofReferences(other) === ofReferences(array)) ?? array;
      const constructor_ = module.getFunction(`${array.internalName}#constructor`);
      if (!constructor_) continue;
      for (const statement of statementsOf(api._BinaryenFunctionGetBody(constructor_))) {
        const made = infoOf<binaryen.LocalSetInfo>(statement, binaryen.LocalSetId)?.value ?? 0;
        if (callOf(made)?.target !== NEW) continue;
        api._BinaryenCallSetOperandAt(made, 1, module.i32.const(first.id));
      }
    }
  }
}

function ofReferences({ typeArguments }: Class): boolean {
  return typeArguments?.[0]?.isManaged ?? false;
}
