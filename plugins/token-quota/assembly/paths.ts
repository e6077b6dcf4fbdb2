import {
  Builder,
  bytes,
  decodePercentLeniently,
  Slice,
  startsWithIgnoreCase,
} from "@ai-gateway-wasm/bytes";
import { pathOnly, resolveSegments } from "@ai-gateway-wasm/kit";
import { ADMIN_BASE } from "./names";

const SLASH: i32 = 0x2f;
const SEMICOLON: i32 = 0x3b;
const REFRESH: Slice = bytes("/refresh");
const DELTA: Slice = bytes("/delta");
const LIST: Slice = bytes("/list");
const REPORT: Slice = bytes("/report");

/** What a request is to this plugin (token-quota.md 3.1). */
export const enum Mode {
  /** Not charged; it still needs a consumer. */
  None,
  Metered,
  /** Not charged, and no consumer is asked for (`skip_paths`). */
  Skipped,
  Query,
  Refresh,
  Delta,
  List,
  Report,
}

/** True for calls that the plugin answers itself; none of them ever reaches the upstream. */
export function isAdmin(mode: Mode): bool {
  return mode >= Mode.Query;
}

/** Tells by the end of the path what a request is. */
@final
export class Paths {
  private readonly query: Slice;
  private readonly refresh: Slice;
  private readonly delta: Slice;
  private readonly list: Slice;
  private readonly report: Slice;
  /** Every path is metered that is neither an admin call nor skipped (`metered_paths: all`). */
  metersAll: bool = false;
  /** Ends of paths that need no consumer (`skip_paths`). */
  skipped: Slice[] = [];
  hasList: bool = false;
  hasReport: bool = false;

  /**
   * @param adminPath what follows `/v1/chat/completions`, verbatim
   * @param metered ends of metered paths
   */
  constructor(
    adminPath: Slice,
    private readonly metered: Slice[],
  ) {
    const query = join(ADMIN_BASE, adminPath);
    this.query = query;
    this.refresh = join(query, REFRESH);
    this.delta = join(query, DELTA);
    this.list = join(query, LIST);
    this.report = join(query, REPORT);
  }

  /**
   * The peer compares the decoded path as it is, so a doubled slash or a dot segment makes a call
   * free of charge. Here the path also counts as what servers resolve it to; as an admin call even as
   * what some of them take it for.
   *
   * @param path value of `:path`
   */
  modeOf(path: Slice): Mode {
    // A broken escape makes the peer crash and let the request pass unchecked (deviation 5).
    const text = decodePercentLeniently(pathOnly(path));
    let mode = this.modeOfText(text);
    if (isAdmin(mode)) return mode;
    let plain = text;
    if (hasDetour(text)) {
      plain = resolveSegments(text);
      const other = this.modeOfText(plain);
      if (isAdmin(other)) return other;
      if (mode == Mode.None || other == Mode.Metered) mode = other;
    }
    if (!isVaried(plain)) return mode;
    const loose = this.modeOfText(tidied(plain));
    return isAdmin(loose) ? loose : mode;
  }

  private modeOfText(text: Slice): Mode {
    if (endsLike(text, this.refresh)) return Mode.Refresh;
    if (endsLike(text, this.delta)) return Mode.Delta;
    if (endsLike(text, this.query)) return Mode.Query;
    if (this.hasReport && endsLike(text, this.report)) return Mode.Report;
    if (this.hasList && endsLike(text, this.list)) return Mode.List;
    if (endsWithOne(text, this.metered)) return Mode.Metered;
    if (endsWithOne(text, this.skipped)) return Mode.Skipped;
    return this.metersAll ? Mode.Metered : Mode.None;
  }
}

function join(first: Slice, second: Slice): Slice {
  return new Builder(first.length + second.length).append(first).append(second).toSlice();
}

/** Whether the text ends so, in any case of letters. Looks at the last byte first. */
function endsLike(text: Slice, end: Slice): bool {
  const from = text.length - end.length;
  if (from < 0 || (text.at(text.length - 1) ^ end.at(end.length - 1)) & 0xdf) return false;
  return startsWithIgnoreCase(text.sub(from), end);
}

function endsWithOne(text: Slice, ends: Slice[]): bool {
  for (let i = 0; i < ends.length; i++) {
    if (text.endsWith(ends[i])) return true;
  }
  return false;
}

/** True when some servers see another path: `;x=1` in it, a slash at its end. */
function isVaried(path: Slice): bool {
  return path.at(path.length - 1) == SLASH || path.indexOf(<u8>SEMICOLON) >= 0;
}

/** The path without parameters of its segments and the slash at its end. */
function tidied(path: Slice): Slice {
  const out = new Builder(path.length);
  let isParameter = false;
  for (let i = 0; i < path.length; i++) {
    const byte = path.at(i);
    if (byte == SLASH || byte == SEMICOLON) isParameter = byte == SEMICOLON;
    if (!isParameter) out.appendByte(<u8>byte);
  }
  const text = out.view();
  return text.at(text.length - 1) == SLASH ? text.sub(0, text.length - 1) : text;
}

/** True when servers that tidy up paths see another one: `//`, `/./`, `/../`. */
function hasDetour(path: Slice): bool {
  for (let i = 0; i < path.length; i++) {
    if (path.at(i) != 0x2f) continue;
    const next = path.at(i + 1);
    if (next == 0x2f || next == 0x2e) return true;
  }
  return false;
}
