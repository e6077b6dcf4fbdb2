import { StoreCalls } from "./calls";
import { StoreCommand } from "./command";
import { StoreFailure, StoreReply } from "./reply";
import { Store } from "./store";

/** More are lost: the memory of a gateway has an end. */
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
 * Belongs to a configuration.
 */
@final
export class Debts {
  private waiting: StoreCommand[] = [];

  constructor(
    readonly store: Store,
    /** The root's: it hands the replies to these commands to `receive`. */
    private readonly calls: StoreCalls,
    /** Tag of these commands, which the root knows these debts by. */
    readonly tag: i32,
  ) {}

  /** Asks the store for a change. */
  owe(command: StoreCommand): void {
    const reply = this.store.ask(this.calls, command);
    if (reply !== null) this.receive(reply);
  }

  /** Takes the answer to a change. */
  receive(reply: StoreReply): void {
    const command = reply.command;
    if (command === null) return;
    if (reply.isUnsure) command.isUnsure = true;
    else if (!isUndone(reply)) return;
    if (command.mayArriveAgain) this.defer(command);
  }

  /** Asks for a change once the store answers again. */
  defer(command: StoreCommand): void {
    if (this.waiting.length < MOST) this.waiting.push(command);
  }

  /** The store answers again: asks once more for all that waits. */
  pay(): void {
    if (this.waiting.length == 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (let i = 0; i < waiting.length; i++) {
      if (waiting[i].mayArriveAgain) this.owe(waiting[i]);
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
