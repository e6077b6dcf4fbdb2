import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisServer } from "../unit/kit/redis-server.js";

/** Commands that change nothing: with the delay they take Redis half a minute to read. */
const FILLER = "*1\r\n$4\r\nPING\r\n".repeat(500_000);
const DELAY_MICROSECONDS = 10;

/** A Redis that forgets nothing when it is killed, and comes back on the same port. */
export class DurableRedis {
  /** Length of the file without the filler; null: there is none in it. */
  private length: number | null = null;

  private constructor(
    private server: RedisServer,
    private readonly folder: string,
    readonly password: string,
  ) {}

  static async start(password: string): Promise<DurableRedis> {
    const folder = mkdtempSync(join(tmpdir(), "redis-test-"));
    return new DurableRedis(await RedisServer.start(password, { folder }), folder, password);
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  /** Nobody is told: connections break, commands get no answer. */
  async kill(): Promise<void> {
    await this.server.stop("SIGKILL");
  }

  /** So slow that nothing runs before `thaw`, and then all of it. */
  freeze(): void {
    this.server.freeze();
  }

  thaw(): void {
    this.server.thaw();
  }

  /** Starts it again, with all it had. @param password another one that it wants from now on */
  async revive(password = this.password): Promise<void> {
    if (this.length !== null) truncateSync(this.file, this.length);
    this.length = null;
    const { folder, port } = this;
    this.server = await RedisServer.start(password, { folder, port });
  }

  /** Starts it again with so much to read that it says LOADING until it is killed. */
  async reviveSlowly(): Promise<void> {
    this.length = statSync(this.file).size;
    appendFileSync(this.file, FILLER);
    const { folder, port } = this;
    const loadDelayMicroseconds = DELAY_MICROSECONDS;
    this.server = await RedisServer.start(this.password, { folder, port, loadDelayMicroseconds });
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, "appendonly.aof");
  }
}
