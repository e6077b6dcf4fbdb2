import { escape, Escape } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { Memory } from "./memory";
import { LocalRule } from "./rule";
import { Source } from "./source";
import { TextWindow } from "./text-window";
import { WordQueue } from "./word-queue";

/** Words that are masked. Of a word that another match begins before the rest is masked for itself. */
@final
export class WordSource extends Source {
  constructor(
    private readonly queue: WordQueue,
    private readonly rules: LocalRule[],
  ) {
    super();
  }

  override seek(from: i32): bool {
    const queue = this.queue;
    while (!queue.isEmpty && queue.end <= from) queue.drop();
    if (queue.isEmpty) return false;
    this.start = max(from, queue.start);
    this.end = queue.end;
    this.order = queue.payload;
    return true;
  }

  override get rule(): LocalRule | null {
    return this.rules[this.order];
  }

  override replacement(window: TextWindow, memory: Memory): Slice {
    const original = window.copy(this.start, this.end);
    return this.rules[this.order].replace(original, null, memory);
  }
}

/** Masked texts that the original takes the place of. */
@final
export class RestoreSource extends Source {
  private original: Slice | null = null;

  constructor(
    private readonly queue: WordQueue,
    private readonly memory: Memory,
    /** The text is JSON, and masked texts stand in its strings. */
    private readonly isJson: bool,
  ) {
    super();
    this.order = -1;
  }

  override seek(from: i32): bool {
    const queue = this.queue;
    for (; !queue.isEmpty; queue.drop()) {
      if (queue.start < from) continue;
      this.original = this.memory.original(queue.payload);
      if (this.original === null) continue;
      this.start = queue.start;
      this.end = queue.end;
      return true;
    }
    return false;
  }

  override replacement(window: TextWindow, _memory: Memory): Slice {
    const original = this.original;
    if (original === null) return window.copy(this.start, this.end);
    return this.isJson ? escape(original, Escape.Plain) : original;
  }
}
