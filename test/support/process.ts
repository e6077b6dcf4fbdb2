import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A script of the project as a process of its own, with everything it prints. */
export class Script {
  out = "";
  err = "";
  /** Settles when it is gone: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly process: ChildProcess) {
    this.collect("stdout", (text) => (this.out += text));
    this.collect("stderr", (text) => (this.err += text));
    this.ended = new Promise((done) => {
      process.once("close", (code, signal) => {
        done(signal ?? code ?? -1);
        this.tellListeners();
      });
    });
  }

  /** Runs a script the way `npm start` and its like do. */
  static start(script: string, env: NodeJS.ProcessEnv = {}): Script {
    return Script.spawn(process.execPath, ["build/setup.mjs", script], env);
  }

  /** Runs `npm <arguments>`, which starts a shell, which starts the script. */
  static npm(args: string[], env: NodeJS.ProcessEnv = {}): Script {
    return Script.spawn("npm", args, env);
  }

  private static spawn(program: string, args: string[], env: NodeJS.ProcessEnv): Script {
    const child = spawn(program, args, {
      cwd: ROOT,
      // Tests compare texts; with CI set, colours would be on.
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Script(child);
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Waits until it has printed the text; throws with what it did print when it ends before. */
  async printed(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      if (this.process.exitCode !== null) {
        throw new Error(`ended without printing "${text}":\n${this.out}${this.err}`);
      }
      await new Promise<void>((heard) => this.listeners.add(heard));
    }
  }

  /** Process ids of its children. Empty where the system does not tell (anything but Linux). */
  children(): number[] {
    const list = `/proc/${this.pid}/task/${this.pid}/children`;
    if (!existsSync(list)) return [];
    return readFileSync(list, "utf8").split(" ").filter(Boolean).map(Number);
  }

  private collect(stream: "stdout" | "stderr", keep: (text: string) => void): void {
    this.process[stream]?.setEncoding("utf8").on("data", (text: string) => {
      keep(text);
      this.tellListeners();
    });
  }

  private tellListeners(): void {
    for (const heard of this.listeners) heard();
    this.listeners.clear();
  }
}

/** True while a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
