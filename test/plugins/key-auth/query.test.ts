import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random, type Host } from "proxy-wasm-test";
import { gateway, GO, seen } from "./support.js";

const NAME = "k";
const ALPHABET = [..."kk11&&==;%+#?/ab", "%6b", "%31", "%3B", "%zz", "&k=k1", "k=k2"];

/** A path of up to 12 pieces; the same for the same seed. */
function randomPath(random: Random): string {
  let path = "/";
  for (let i = random.below(12); i >= 0; i--) path += ALPHABET[random.below(ALPHABET.length)];
  return path;
}

/** Where the query of a path stands, as Go's net/url cuts it. */
function cutQuery(path: string): [before: string, query: string | null, after: string] {
  const fragment = path.indexOf("#");
  const end = fragment < 0 ? path.length : fragment;
  const mark = path.slice(0, end).indexOf("?");
  if (mark < 0) return [path, null, ""];
  return [path.slice(0, mark), path.slice(mark + 1, end), path.slice(end)];
}

/** Name and value of one segment, null for what Go's net/url drops. */
function readPair(segment: string): [name: string, value: string] | null {
  if (!segment || segment.includes(";")) return null;
  if (/%(?![0-9a-fA-F]{2})/.test(segment)) return null;
  const equals = segment.indexOf("=");
  const name = equals < 0 ? segment : segment.slice(0, equals);
  const value = equals < 0 ? "" : segment.slice(equals + 1);
  const decode = (text: string) =>
    text
      .replaceAll("+", " ")
      .replace(/%(..)/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return [decode(name), decode(value)];
}

const isKey = (segment: string) => readPair(segment)?.[0] === NAME;

function expectedStatus(path: string): number {
  const keys = (cutQuery(path)[1] ?? "").split("&").filter(isKey);
  if (keys.length !== 1) return 401;
  const value = readPair(keys[0] ?? "")?.[1];
  return value === "k1" || value === "k2" ? 200 : 403;
}

function expectedPath(path: string): string {
  const [before, query, after] = cutQuery(path);
  if (query === null) return path;
  const kept = query
    .split("&")
    .filter((segment) => !isKey(segment))
    .join("&");
  return before + (kept ? `?${kept}` : "") + after;
}

describe("2000 random paths", () => {
  let host: Host;
  beforeAll(async () => {
    host = await gateway(
      { ...GO, keys: [NAME], in_header: false, in_query: true, forward_credential: false },
      { trace: false },
    );
  });
  afterAll(() => host.close());

  test("are judged, and lose exactly their key, as a second reading of the rules says", async () => {
    const random = new Random(20261001);
    const met = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      const path = randomPath(random);
      const { status } = await host.fetch("/", { headers: { ":path": path } });
      expect(`${path} ${status}`).toBe(`${path} ${expectedStatus(path)}`);
      if (status === 200) expect(seen(host)?.path).toBe(expectedPath(path));
      met.add(status);
    }
    expect([...met].sort()).toEqual([200, 401, 403]);
  });
});
