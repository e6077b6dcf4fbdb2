import type { ServerResponse } from "node:http";
import { readAuditLine } from "../audit-log.js";
import { Tail } from "../tail.js";
import { readFigures, type Figures } from "./figures.js";
import { askForQuotas, isOwnCall } from "./quotas.js";
import { describeRequest, type RequestView } from "./request.js";

const LINES_EVERY_MS = 200;
const FIGURES_EVERY_MS = 1000;
/** A gateway that does not tell its figures in this time is asked again. */
const ANSWER_MS = 5000;
/** What a page may leave unread, in bytes. */
const MOST_UNREAD = 1024 * 1024;
/** So many requests are told to a page that is opened later. */
const KEPT = 200;
/** More pages at once than anybody has open. */
const MOST_PAGES = 32;

export interface FeedOptions {
  /** The access log of the gateway. */
  auditLog: string;
  adminPort: number;
  gatewayPort: number;
  /** The chain, in its order. */
  plugins: readonly string[];
}

/** What happens in the gateway, told to every page that is open as server-sent events. */
export class Feed {
  private readonly requests: RequestView[] = [];
  private readonly pages = new Set<ServerResponse>();
  private readonly timers: NodeJS.Timeout[] = [];
  /** What the pages were told last. */
  private figures = "";
  private quotas = "";
  /** Who had used what when the report was read last. */
  private reported = "";

  private constructor(
    private readonly options: FeedOptions,
    private readonly log: Tail,
  ) {}

  static async start(options: FeedOptions): Promise<Feed> {
    const feed = new Feed(options, await Tail.open(options.auditLog));
    feed.every(LINES_EVERY_MS, () => feed.tellRequests());
    feed.every(FIGURES_EVERY_MS, () => feed.tellFigures());
    return feed;
  }

  /** Answers a page with everything so far, and goes on for as long as it listens. */
  join(page: ServerResponse): void {
    if (this.pages.size >= MOST_PAGES) {
      page.writeHead(503).end();
      return;
    }
    page.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    page.write(event("chain", this.options.plugins));
    page.write(event("requests", this.requests));
    if (this.figures !== "") page.write(this.figures);
    if (this.quotas !== "") page.write(this.quotas);
    this.pages.add(page);
    page.on("close", () => this.pages.delete(page));
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const page of this.pages) page.end();
    await this.log.close();
  }

  /** Does the work again and again, never twice at once. */
  private every(ms: number, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      // A gateway that is going down has neither a log nor figures.
      work()
        .catch(() => {})
        .finally(() => (isBusy = false));
    }, ms);
    timer.unref();
    this.timers.push(timer);
  }

  private async tellRequests(): Promise<void> {
    const views = (await this.log.lines()).flatMap((line) => this.describe(line));
    if (views.length === 0) return;
    this.requests.push(...views);
    this.requests.splice(0, this.requests.length - KEPT);
    this.tell(event("requests", views.slice(-KEPT)));
  }

  /** What a line says; nothing, when it is of a call of ours, or cannot be read. */
  private describe(text: string): RequestView[] {
    try {
      const line = readAuditLine(text);
      return isOwnCall(line.path) ? [] : [describeRequest(line, this.options.plugins)];
    } catch {
      return [];
    }
  }

  private async tellFigures(): Promise<void> {
    if (this.pages.size === 0 && this.figures !== "") return;
    const url = `http://127.0.0.1:${this.options.adminPort}/stats?filter=^wasmcustom`;
    const read = readFigures(
      await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).text(),
    );
    const figures = event("figures", read);
    if (figures !== this.figures) this.tell(figures);
    this.figures = figures;
    await this.tellQuotas(read);
  }

  /** Asks for the report when somebody has used something since. */
  private async tellQuotas({ consumers, requests }: Figures): Promise<void> {
    const used = JSON.stringify([consumers, requests]);
    if (used === this.reported) return;
    const quotas = event("quotas", await askForQuotas(this.options.gatewayPort));
    this.reported = used;
    if (quotas !== this.quotas) this.tell(quotas);
    this.quotas = quotas;
  }

  private tell(text: string): void {
    for (const page of this.pages) {
      // It comes back by itself, and is told all there is.
      if (page.writableLength > MOST_UNREAD) page.destroy();
      else page.write(text);
    }
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
