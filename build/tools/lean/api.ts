import binaryen from "binaryen";

/** The little of asc's program (assemblyscript 0.28) that is needed here. */
export interface Program {
  elementsByName: Map<string, ProgramElement>;
  /** Functions and classes that were compiled, by the names that they have in the module. */
  instancesByName: Map<string, ProgramElement>;
  /** Classes whose objects the collector knows, by number, in order and without gaps. */
  managedClasses: Map<number, Class>;
  arrayPrototype: unknown;
  staticArrayPrototype: unknown;
}

export interface Class {
  id: number;
  internalName: string;
  prototype: unknown;
  typeArguments: Type[] | null;
  base: Class | null;
  /** With those of its base; what is no property has no `instance`. */
  members: Map<string, { instance?: Property | null }> | null;
  isDeclaredInLibrary: boolean;
  getMember(name: string): unknown;
}

interface Type {
  /** A reference to an object that the collector knows. */
  isManaged: boolean;
}

interface Property {
  isField: boolean;
  type: Type;
  /** In bytes, of a field. */
  memoryOffset: number;
}

export interface ProgramElement {
  internalName: string;
  type?: { classReference?: { name: string } | null };
  /** The class of a method. */
  parent: ProgramElement;
  /** Whether this has one of asc's `CommonFlags`. */
  is(flag: number): boolean;
}

/** What binaryen's API for JavaScript lacks; asc's own modules are of its C API. Numbers are pointers. */
interface CApi {
  _BinaryenExpressionGetId(expression: number): number;
  _BinaryenFunctionGetBody(function_: number): number;
  _BinaryenFunctionSetBody(function_: number, body: number): void;
  _BinaryenBlockGetNumChildren(block: number): number;
  _BinaryenBlockGetChildAt(block: number, index: number): number;
  _BinaryenBlockSetChildAt(block: number, index: number, child: number): void;
  _BinaryenBlockRemoveChildAt(block: number, index: number): number;
  _BinaryenCallSetOperandAt(call: number, index: number, operand: number): void;
}

export const api = binaryen as unknown as CApi;
