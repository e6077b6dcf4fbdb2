import { Builder, Slice } from "@ai-gateway-wasm/bytes";

const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const BAR: u8 = 0x7c;

/**
 * The match keys of a rule as one text, the same whatever their order (host.md 2.8):
 *
 *   cat:0|routes:a,b|hosts:1:a.com,2:.b.com
 *
 * Groups without members are left out.
 */
@final
export class MatchKey {
  private readonly text: Builder = new Builder().appendText("cat:");

  /** @param category 0 route, 1 host, 2 service, 3 route prefix, 4 route and service */
  constructor(category: i32) {
    this.text.appendInteger(category);
  }

  /** Adds a group of match keys. Sorts its members. */
  group(name: string, members: Slice[]): MatchKey {
    if (members.length == 0) return this;
    members.sort((left, right) => left.compare(right));
    this.text.appendByte(BAR).appendText(name);
    for (let i = 0; i < members.length; i++) {
      this.text.appendByte(i == 0 ? COLON : COMMA).append(members[i]);
    }
    return this;
  }

  /** The text, in memory of its own. */
  toSlice(): Slice {
    return this.text.toSlice();
  }
}
