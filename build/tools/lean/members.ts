import binaryen from "binaryen";
import { api, type Class, type Program } from "./api.js";
import { appendData } from "./data.js";

const VISIT_MEMBERS = "~lib/rt/__visit_members";
const TABLE = "~lib/@ai-gateway-wasm/runtime/assembly/members/table";

const IS_ARRAY = 1n << 63n;
const IS_STATIC_ARRAY = 1n << 62n;
const IS_OTHER = 1n << 61n;

/**
 * A transform of asc: the table of shared/runtime/assembly/members.ts, behind all other static data.
 * AssemblyScript has a function for each class instead, 10 bytes and 6 for each reference.
 */
export class LeanMembers {
  private program: Program | undefined;

  afterInitialize(program: Program): void {
    this.program = program;
  }

  afterCompile(module: binaryen.Module): void {
    if (!module.getFunction(TABLE)) return;
    const classes = [...(this.program?.managedClasses.values() ?? [])];
    const members = classes.map((class_) => this.membersOf(module, class_));
    const address = appendData(module, Buffer.from(BigUint64Array.from(members).buffer));
    api._BinaryenFunctionSetBody(module.getFunction(TABLE), module.i32.const(address));
    const others = classes.filter((_, id) => members[id] === IS_OTHER);
    visitOnly(module, others);
  }

  private membersOf(module: binaryen.Module, class_: Class): bigint {
    const { arrayPrototype, staticArrayPrototype } = this.program as Program;
    const ofReferences = class_.typeArguments?.[0]?.isManaged ?? false;
    if (class_.prototype === staticArrayPrototype) return ofReferences ? IS_STATIC_ARRAY : 0n;
    const fields = referencesOf(class_);
    if (class_.prototype === arrayPrototype) return fields | (ofReferences ? IS_ARRAY : 0n);
    const isOther = hasVisitor(class_) || fields >= IS_OTHER;
    if (!isOther) return fields;
    return module.getFunction(visitorOf(class_)) ? IS_OTHER : 0n;
  }
}

/** A bit for each word that is a reference. */
function referencesOf(class_: Class): bigint {
  let bits = class_.base ? referencesOf(class_.base) : 0n;
  for (const { instance } of class_.members?.values() ?? []) {
    if (!instance?.isField || !instance.type.isManaged) continue;
    bits |= 1n << BigInt(instance.memoryOffset / 4);
  }
  return bits;
}

/** Whether the library's own code says what objects refer to, as Map's does. */
function hasVisitor(class_: Class | null): boolean {
  if (!class_) return false;
  return (class_.isDeclaredInLibrary && !!class_.getMember("__visit")) || hasVisitor(class_.base);
}

function visitorOf({ internalName }: Class): string {
  return `${internalName}~visit`;
}

/** Makes of the function that visits the members of all classes one for these. */
function visitOnly(module: binaryen.Module, classes: readonly Class[]): void {
  const { i32, local } = module;
  const { i32: int, none, createType } = binaryen;
  const visits = classes.map((class_) => {
    const classOfObject = i32.load(0, 4, i32.sub(local.get(0, int), i32.const(8)));
    const operands = [local.get(0, int), local.get(1, int)];
    const visit = module.call(visitorOf(class_), operands, none);
    return module.if(i32.eq(classOfObject, i32.const(class_.id)), visit);
  });
  module.removeFunction(VISIT_MEMBERS);
  const body = module.block(null, visits, none);
  module.addFunction(VISIT_MEMBERS, createType([int, int]), none, [], body);
}
