import { Builder } from "./builder";
import { Slice } from "./slice";

/**
 * The decimal digits of a number as text, for messages. The standard library's `toString` brings
 * tables and other radixes with it, 1.4 KiB in every plugin.
 */
export function decimal(value: i64): string {
  return new Builder(24).appendInteger(value).view().toString();
}

/** The same as bytes, for a header. */
export function digits(value: i64): Slice {
  return new Builder(24).appendInteger(value).view();
}
