import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export interface ChildOptions {
  /** Everything the program prints goes to this file, which is emptied first. */
  logFile: string;
  env: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * A program that lives no longer than this process: it ends on `stop()`, and also when this process
 * dies without a chance to stop anything (see `guard`). It does not get the terminal's Ctrl-C: who
 * started it decides when it ends.
 */
export class Child {
  /** Settles when the program is gone: its exit code, its signal, or why it could not start. */
  readonly exited: Promise<string>;
  private isGone = false;

  private constructor(private readonly process: ChildProcess) {
    const watcher = process.pid === undefined ? null : guard(process.pid);
    this.exited = new Promise<string>((done) => {
      process.once("error", (error) => done(error.message));
      process.once("exit", (code, signal) => done(signal ?? `exit code ${code}`));
    }).finally(() => {
      this.isGone = true;
      watcher?.kill("SIGKILL"); // before the system can give the process id to somebody else
    });
  }

  static start(program: string, args: string[], options: ChildOptions): Child {
    const log = openSync(options.logFile, "w");
    try {
      const { env, cwd } = options;
      return new Child(
        spawn(program, args, { env, cwd, detached: true, stdio: ["ignore", log, log] }),
      );
    } finally {
      closeSync(log);
    }
  }

  /** Process id; undefined when the program could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Asks the program to end, insists after `grace` ms, and waits until it is gone. */
  async stop(grace = 3000): Promise<void> {
    if (this.isGone) return;
    this.process.kill("SIGTERM");
    const insist = setTimeout(() => this.process.kill("SIGKILL"), grace);
    await this.exited;
    clearTimeout(insist);
  }
}

/**
 * A shell that waits for the end of a pipe only this process holds open, then ends `pid`. The
 * system closes the pipe whatever way this process dies, a SIGKILL included.
 */
function guard(pid: number): ChildProcess {
  const script = 'read -r _; kill -TERM "$1" 2>/dev/null';
  const shell = spawn("/bin/sh", ["-c", script, "guard", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", () => {}); // no shell: stop() still works
  shell.unref();
  return shell;
}
