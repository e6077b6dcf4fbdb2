import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Compilation } from "./asc.js";

/** What a process says of a build: null, or the reason why there is no module. */
export type Answer = string | null;

/**
 * A process of `build-module.ts`, which builds one module after the other. The first costs three
 * times as much as any later one: the compiler is loaded and V8 has made it fast by then.
 */
export class BuildProcess {
  private readonly child = fork(fileURLToPath(new URL("build-module.ts", import.meta.url)), {
    execArgv: ["--import", import.meta.resolve("tsx")],
  });

  /** @throws Error with the compiler's own output when it refuses the source; one build at a time */
  build(build: Compilation): Promise<void> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const over = (error: Error | null) => {
        child.removeListener("message", answered).removeListener("exit", ended);
        if (error) reject(error);
        else resolve();
      };
      const answered = (answer: unknown) =>
        over(answer === null ? null : new Error(String(answer)));
      const ended = (code: number | null, signal: string | null) =>
        over(new Error(`the compiler of ${build.outFile} ended (${signal ?? code})`));
      child.once("message", answered).once("exit", ended);
      child.send(build);
    });
  }

  /** Lets the process end. */
  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
