import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls } from "./calls";
import { StoreCommand } from "./command";
import { StoreFailure, StoreReply } from "./reply";
import { Store } from "./store";

/** Of one store more are lost: the memory of a gateway has an end. */
const MOST: i32 = 1000;

/**
 * What an error begins with that says: not now. Redis looks at these before it does anything, and so
 * do servers in front of it at a token.
 */
const NOT_NOW: string[] = [
  "LOADING",
  "NOAUTH",
  "WRONGPASS",
  "BUSY ",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "READONLY",
  "Unauthorized",
  "HTTP status 401",
  "HTTP status 403",
];

/** Longer lists of stores forget the first one: what waits for it is paid by its own configurations. */
const MOST_STORES: i32 = 16;

/** What waits for one store, whichever configuration owes it: a new one pays for those before it. */
@final
class Waiting {
  commands: StoreCommand[] = [];

  constructor(readonly store: Slice) {}

  static of(store: Slice): Waiting {
    for (let i = 0; i < lists.length; i++) {
      if (lists[i].store.equals(store)) return lists[i];
    }
    if (lists.length == MOST_STORES) lists.shift();
    const list = new Waiting(store);
    lists.push(list);
    return list;
  }
}

const lists: Waiting[] = [];

/**
 * Changes that nobody waits for and that must not be lost, such as charges. What the store did not
 * carry out waits, in the memory of this worker, until the store is known to answer again. So does,
 * for a while, what it may have carried out, where it does not matter if that arrives twice.
 *
 *   owe ──► store ──► done, or nobody knows
 *             │  ▲
 *    not done ▼  │ pay
 *           waiting
 *
 * Belongs to a configuration. What waits belongs to the store: other configurations of this VM that use
 * the same one pay it, too, as the next one does when this one is replaced.
 */
@final
export class Debts {
  private readonly waiting: Waiting;

  constructor(
    readonly store: Store,
    /** The root's: it hands the replies to these commands to `receive`. */
    private readonly calls: StoreCalls,
    /** Tag of these commands, which the root knows these debts by. */
    readonly tag: i32,
  ) {
    this.waiting = Waiting.of(store.identity);
  }

  /** Asks the store for a change. */
  owe(command: StoreCommand): void {
    command.tag = this.tag;
    const reply = this.store.ask(this.calls, command);
    if (reply !== null) this.receive(reply);
  }

  /** Takes the answer to a change. */
  receive(reply: StoreReply): void {
    const command = reply.command;
    if (command === null || !reply.hasFailed) return;
    if (reply.isUnsure) command.isUnsure = true;
    if (command.mayArriveAgain && (reply.isUnsure || isUndone(reply))) this.defer(command);
    else this.store.metrics.countLostDebt();
  }

  /** Asks for a change once the store answers again. */
  defer(command: StoreCommand): void {
    const commands = this.waiting.commands;
    if (commands.length < MOST) commands.push(command);
    else this.store.metrics.countLostDebt();
  }

  /** The store answers again: asks once more for all that waits. */
  pay(): void {
    const commands = this.waiting.commands;
    if (commands.length == 0) return;
    this.waiting.commands = [];
    for (let i = 0; i < commands.length; i++) {
      if (commands[i].mayArriveAgain) this.owe(commands[i]);
      else this.store.metrics.countLostDebt();
    }
  }
}

/** What is wrong in itself never will be done. */
function isUndone(reply: StoreReply): bool {
  switch (reply.failure) {
    case StoreFailure.Dispatch:
    case StoreFailure.Open:
    case StoreFailure.Contention:
      return true;
    case StoreFailure.Reply:
      return isNotNow(reply.cause);
    default:
      return false;
  }
}

function isNotNow(cause: string): bool {
  for (let i = 0; i < NOT_NOW.length; i++) {
    if (cause.startsWith(NOT_NOW[i])) return true;
  }
  return false;
}
