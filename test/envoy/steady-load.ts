import type { Call, Crowd, Ending } from "./crowd.js";

/** An answer, and when its request was sent and answered. */
export interface Answer extends Ending {
  consumer: string;
  /** The `phase` of the load at that time. */
  sent: string;
  answered: string;
}

/** Clients that go on and on, while a test breaks something below them. */
export class SteadyLoad {
  readonly answers: Answer[] = [];
  private readonly done: Promise<void>;
  private isOver = false;
  private readonly waiting: { count: number; go: () => void }[] = [];

  /** Begins at once. */
  constructor(
    crowd: Crowd,
    /** What is sent next. */
    public call: Call,
    public phase: string,
  ) {
    this.done = crowd.run(() => {
      let sent = "";
      let consumer = "";
      return (last) => {
        if (last) this.note({ ...last, consumer, sent, answered: this.phase });
        [sent, consumer] = [this.phase, this.call.consumer];
        return this.isOver ? null : this.call;
      };
    });
  }

  /** Waits for so many further answers. @throws Error when a request gets none */
  async more(count: number): Promise<void> {
    const came = new Promise<void>((go) =>
      this.waiting.push({ count: this.answers.length + count, go }),
    );
    await Promise.race([came, this.done]);
  }

  /** Waits until nothing is under way. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }

  /** Statuses of the requests that were sent and answered in a phase, each once. */
  statuses(phase: string): Set<number> {
    const inside = this.answers.filter(
      ({ sent, answered }) => sent === phase && answered === phase,
    );
    return new Set(inside.map(({ status }) => status));
  }

  private note(answer: Answer): void {
    this.answers.push(answer);
    for (const one of this.waiting) if (this.answers.length === one.count) one.go();
  }
}
