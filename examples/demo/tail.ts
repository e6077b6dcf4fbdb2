import { open, type FileHandle } from "node:fs/promises";

const READ_BYTES = 64 * 1024;

/** The end of a file that grows by whole lines, such as an access log. */
export class Tail {
  private readonly text = new TextDecoder();
  private rest = "";

  private constructor(private readonly file: FileHandle) {}

  /** @throws Error of node:fs when there is no such file */
  static async open(path: string): Promise<Tail> {
    return new Tail(await open(path, "r"));
  }

  /** The lines that are complete and were not returned before; empty lines are left out. */
  async lines(): Promise<string[]> {
    let added = "";
    for (let bytes = await this.read(); bytes.length > 0; bytes = await this.read()) {
      added += this.text.decode(bytes, { stream: true });
    }
    const lines = (this.rest + added).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.filter(Boolean);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async read(): Promise<Buffer> {
    const { buffer, bytesRead } = await this.file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES);
    return buffer.subarray(0, bytesRead);
  }
}
