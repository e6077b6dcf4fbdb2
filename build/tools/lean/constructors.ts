import binaryen from "binaryen";
import { api, type Program } from "./api.js";

/** asc's `CommonFlags.Abstract`. */
const ABSTRACT = 1 << 7;
const CONSTRUCTOR = "#constructor";
/** Of the runtime that asc.ts puts in place of asc's. */
export const NEW = "~lib/@ai-gateway-wasm/runtime/assembly/objects/__new";

/**
 * A transform of asc that takes out of constructors what only costs: memory that they ask for when
 * they have none, in a class that always gets it from a subclass; the call of Object's constructor,
 * which does nothing; and values of fields that are overwritten before anybody could read them.
 * Fields that begin as zero are cleared eight bytes at a time.
 */
export class LeanConstructors {
  private program: Program | undefined;

  afterInitialize(program: Program): void {
    this.program = program;
  }

  afterCompile(module: binaryen.Module): void {
    for (let i = module.getNumFunctions() - 1; i >= 0; i--) {
      const constructor_ = module.getFunctionByIndex(i);
      const { name, body, results } = binaryen.getFunctionInfo(constructor_);
      if (!name.endsWith(CONSTRUCTOR)) continue;
      const lean = new Statements(module, statementsOf(body));
      lean.dropObjectConstructor();
      lean.dropOverwritten();
      lean.clearTogether();
      if (this.program?.instancesByName.get(name)?.parent.is(ABSTRACT)) lean.dropAllocation();
      api._BinaryenFunctionSetBody(constructor_, module.block(null, lean.all, results));
    }
  }
}

/** `this.field = value` on the object that is made. */
interface Assignment {
  statement: number;
  field: string;
  offset: number;
  bytes: number;
  value: number;
}

/** The statements of a constructor; `this` is local 0. */
class Statements {
  constructor(
    private readonly module: binaryen.Module,
    readonly all: number[],
  ) {}

  dropObjectConstructor(): void {
    const at = this.all.findIndex((statement) => {
      const set = infoOf<binaryen.LocalSetInfo>(statement, binaryen.LocalSetId);
      return set?.index === 0 && callOf(set.value)?.target === `~lib/object/Object${CONSTRUCTOR}`;
    });
    if (at >= 0) this.all.splice(at, 1);
  }

  /** An assignment has no effect when one to the same field follows, and between them only others. */
  dropOverwritten(): void {
    for (let at = this.all.length - 1; at >= 0; at--) {
      const first = this.assignmentAt(at);
      if (!first || !isConstant(first.value)) continue;
      const others = this.assignmentsFrom(at + 1);
      if (others.some(({ field }) => field === first.field)) this.all.splice(at, 1);
    }
  }

  /** Clears before all else: what lies between the fields that are zero is written afterwards. */
  clearTogether(): void {
    const size = this.size();
    if (size === null) return;
    const all = this.assignmentsFrom(1);
    const isFirst = ({ field }: Assignment, at: number): boolean =>
      all.findIndex((other) => other.field === field) === at;
    const zeros = all.filter(isFirst).filter(({ value }) => isZero(value));
    zeros.sort((a, b) => a.offset - b.offset);
    while (zeros.length) {
      const { offset } = zeros[0] as Assignment;
      // Bytes behind the object's own may be a subclass's, which are written before these.
      const width = [8, 4].find((bytes) => offset + bytes <= size) ?? 0;
      const inside = zeros.filter((zero) => zero.offset + zero.bytes <= offset + width);
      zeros.splice(0, Math.max(inside.length, 1));
      if (inside.length > 1) this.replace(inside, this.clear(offset, width));
    }
  }

  dropAllocation(): void {
    if (this.size() !== null) this.all.shift();
  }

  private replace(assignments: Assignment[], statement: number): void {
    const replaced = new Set(assignments.map((assignment) => assignment.statement));
    const rest = this.all.slice(1).filter((other) => !replaced.has(other));
    this.all.splice(1, Infinity, statement, ...rest);
  }

  private clear(offset: number, width: number): number {
    const { i32, i64, local } = this.module;
    const object = local.get(0, binaryen.i32);
    return width === 8
      ? i64.store(offset, 1, object, i64.const(0n))
      : i32.store(offset, 1, object, i32.const(0));
  }

  /** The size of the object in bytes when the first statement allocates it; null otherwise. */
  private size(): number | null {
    const test = infoOf<binaryen.IfInfo>(this.all[0] ?? 0, binaryen.IfId);
    const set = test && infoOf<binaryen.LocalSetInfo>(test.ifTrue, binaryen.LocalSetId);
    const call = set && callOf(set.value);
    if (call?.target !== NEW) return null;
    const size = infoOf<binaryen.ConstInfo>(call.operands[0] ?? 0, binaryen.ConstId)?.value;
    return typeof size === "number" ? size : null;
  }

  /** Assignments that follow each other from a statement on, and read nothing of the object. */
  private assignmentsFrom(at: number): Assignment[] {
    const found: Assignment[] = [];
    for (let next = this.assignmentAt(at); next && !mentionsThis(next.value);) {
      found.push(next);
      next = this.assignmentAt(at + found.length);
    }
    return found;
  }

  private assignmentAt(at: number): Assignment | null {
    const statement = this.all[at];
    return statement === undefined ? null : this.assignmentOf(statement);
  }

  private assignmentOf(statement: number): Assignment | null {
    const call = callOf(statement);
    if (!call?.target.includes("#set:") || !isThis(call.operands[0] ?? 0)) return null;
    const setter = binaryen.getFunctionInfo(this.module.getFunction(call.target));
    // A setter that was written by hand, too, has another first statement.
    const store = infoOf<binaryen.StoreInfo>(statementsOf(setter.body)[0] ?? 0, binaryen.StoreId);
    if (!store || !isThis(store.ptr)) return null;
    const { offset, bytes } = store;
    return { statement, field: call.target, offset, bytes, value: call.operands[1] ?? 0 };
  }
}

/** The statements of a function, also those of the blocks that asc makes for itself. */
export function statementsOf(body: number): number[] {
  const block = infoOf<binaryen.BlockInfo>(body, binaryen.BlockId);
  return block && !block.name ? block.children.flatMap(statementsOf) : [body];
}

export function infoOf<T extends binaryen.ExpressionInfo>(
  expression: number,
  id: number,
): T | null {
  // Of some kinds, such as a nop, binaryen has no information but the kind.
  if (!expression || api._BinaryenExpressionGetId(expression) !== id) return null;
  return binaryen.getExpressionInfo(expression) as T;
}

export function callOf(expression: number): binaryen.CallInfo | null {
  return infoOf<binaryen.CallInfo>(expression, binaryen.CallId);
}

function isThis(expression: number): boolean {
  return infoOf<binaryen.LocalGetInfo>(expression, binaryen.LocalGetId)?.index === 0;
}

function mentionsThis(expression: number): boolean {
  return /\(local\.\w+ \$0\b/.test(binaryen.emitText(expression));
}

function isConstant(expression: number): boolean {
  const id = api._BinaryenExpressionGetId(expression);
  return id === binaryen.ConstId || id === binaryen.GlobalGetId;
}

/** Whether all bits of a constant are 0: not of -0. One of 64 bits is a bigint, whatever its type says. */
function isZero(expression: number): boolean {
  const constant = infoOf<binaryen.ConstInfo>(expression, binaryen.ConstId);
  return constant !== null && Object.is(Number(constant.value), 0);
}
