import { Random } from "../../conformance/random.js";

/** A seeded source of JSON documents: the same on every machine. */
export class JsonRandom extends Random {
  /** Any finite double, all exponents alike. */
  double(): number {
    const view = new DataView(new ArrayBuffer(8));
    do {
      view.setUint32(0, this.below(0x1_0000_0000));
      view.setUint32(4, this.below(0x1_0000_0000));
    } while (!Number.isFinite(view.getFloat64(0)));
    return view.getFloat64(0);
  }

  private static readonly PIECES = [
    "a",
    "key",
    "0123456789abcdef",
    "é",
    "€",
    "😀",
    '"',
    "\\",
    "/",
    "\n",
    "\u0000",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\u2028",
    "<",
    "&",
    "\ud83d",
    " ",
  ];

  text(): string {
    return Array.from({ length: this.below(9) }, () => this.pick(JsonRandom.PIECES)).join("");
  }

  /** Any JSON value, at most `depth` levels deep. */
  value(depth: number): unknown {
    switch (this.below(depth > 0 ? 8 : 5)) {
      case 0:
        return this.pick([true, false, null]);
      case 1:
        return this.below(2000) - 1000;
      case 2:
        return this.pick([this.double(), 0.1, 1e21, 1.5, -0.25, 1e-7]);
      case 3:
      case 4:
        return this.text();
      case 5:
        return Array.from({ length: this.below(6) }, () => this.value(depth - 1));
      default:
        return this.object(depth);
    }
  }

  object(depth: number): Record<string, unknown> {
    const keys = Array.from({ length: this.below(6) }, () => this.text());
    return Object.fromEntries(keys.map((key) => [key, this.value(depth - 1)]));
  }

  /** The value as JSON, with random blanks and random escapes. */
  write(value: unknown): string {
    const blank = () => this.pick(["", "", "", " ", "\n", "\t\r "]);
    if (Array.isArray(value)) {
      return `[${value.map((item) => blank() + this.write(item) + blank()).join(",")}${blank()}]`;
    }
    if (typeof value === "object" && value !== null) {
      const members = Object.entries(value).map(
        ([key, item]) => `${blank()}${this.write(key)}${blank()}:${blank()}${this.write(item)}`,
      );
      return `{${members.join(",")}${blank()}}`;
    }
    const json = JSON.stringify(value);
    if (typeof value !== "string" || this.below(3) > 0) return json;
    return json.replace(/[a-z0-9é€](?<!\\.|\\u.{0,4})/g, (letter) =>
      this.below(2) === 0 ? letter : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
}
