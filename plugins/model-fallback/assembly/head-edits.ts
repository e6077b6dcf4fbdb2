import { Slice } from "@ai-gateway-wasm/bytes";
import { HeaderMap, Pairs, PairsBuilder } from "proxy-wasm-as";

/** Headers to be set or taken out of a request, the last word about a name counts. */
@final
export class HeadEdits {
  private readonly names: Slice[] = [];
  /** Null: taken out. */
  private readonly values: Array<Slice | null> = [];

  set(name: Slice, value: Slice): void {
    this.note(name, value);
  }

  remove(name: Slice): void {
    this.note(name, null);
  }

  /** Makes the edits in a map of the host. @param present what the map holds now */
  applyTo(map: HeaderMap, present: Pairs): void {
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i];
      const value = this.values[i];
      if (value !== null) map.set(name, value);
      else if (present.find(name) !== null) map.remove(name);
    }
  }

  /**
   * Appends the headers after these edits to a request of our own.
   *
   * @param original pairs that go on unless an edit names them
   */
  appendTo(request: PairsBuilder, original: Pairs): void {
    for (let i = 0; i < original.count; i++) {
      const name = original.name(i);
      if (this.indexOf(name) < 0) request.add(name, original.value(i));
    }
    for (let i = 0; i < this.names.length; i++) {
      const value = this.values[i];
      if (value !== null) request.add(this.names[i], value);
    }
  }

  private note(name: Slice, value: Slice | null): void {
    const at = this.indexOf(name);
    if (at >= 0) {
      this.values[at] = value;
    } else {
      this.names.push(name);
      this.values.push(value);
    }
  }

  private indexOf(name: Slice): i32 {
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i].equals(name)) return i;
    }
    return -1;
  }
}
