import { expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

const ALL = "get 0 x; pairs 0; size 0; add 0 x-new 1; rep 0 x-new 2; rem 0 x-new";
const RESPONSE = "get 2 x; pairs 2; size 2; add 2 x-new 1; rep 2 x-new 2; rem 2 x-new";

/** Statuses of the operations of one callback, in order. */
function statuses(logged: string[], callback: string): string[] {
  return logged
    .filter((l) => l.startsWith(`${callback} `))
    .map((l) => l.split(" = ")[1]!.split(" ")[0]!);
}

const FROZEN = ["2", "0", "2", "2", "2", "2"];

interface Case {
  name: string;
  script: Record<string, string>;
  in: string;
  want: string[];
  option?: boolean;
}

test.each<Case>([
  {
    name: "request headers",
    script: { request_headers: ALL },
    in: "request_headers",
    want: ["0", "0", "0", "0", "0", "0"],
  },
  {
    name: "response map in request",
    script: { request_headers: RESPONSE },
    in: "request_headers",
    want: FROZEN,
  },
  {
    name: "request body after Continue",
    script: { request_body: ALL },
    in: "request_body",
    want: FROZEN,
  },
  {
    name: "request body, headers held with 1",
    script: { request_headers: "ret 1", request_body: ALL },
    in: "request_body",
    option: true,
    want: ["0", "0", "0", "0", "0", "0"],
  },
  {
    name: "request map in response headers",
    script: { response_headers: ALL },
    in: "response_headers",
    want: FROZEN,
  },
  {
    name: "response headers",
    script: { response_headers: RESPONSE },
    in: "response_headers",
    want: ["1", "0", "0", "0", "0", "0"],
  },
  {
    name: "response body after Continue",
    script: { response_body: RESPONSE },
    in: "response_body",
    want: FROZEN,
  },
  {
    name: "on_log, request",
    script: { log: ALL },
    in: "log",
    want: ["0", "0", "2", "2", "2", "2"],
  },
  {
    name: "on_log, response",
    script: { log: RESPONSE },
    in: "log",
    want: ["1", "0", "2", "2", "2", "2"],
  },
  { name: "on_log, trailers", script: { log: "get 1 x; get 3 x" }, in: "log", want: ["1", "2"] },
  { name: "on_done", script: { done: ALL }, in: "done", want: FROZEN },
  { name: "on_delete", script: { delete: RESPONSE }, in: "delete", want: FROZEN },
  { name: "configure", script: { configure: ALL }, in: "configure", want: FROZEN },
  {
    name: "http-call maps outside",
    script: { request_headers: "get 6 x; pairs 6; size 6; add 6 a b; get 8 x; pairs 8" },
    in: "request_headers",
    want: ["2", "0", "2", "2", "2", "2"],
  },
])("status of header calls: $name", async ({ script, in: callback, want, option }) => {
  const plugin = { allowOnHeadersStopIteration: option ?? false };
  await using host = await probeHost(script, { plugin });
  await host.fetch("http://a.test/", { headers: { x: "1" }, body: "hello" });
  const seen = statuses(lines(host), callback);
  expect(seen.slice(0, want.length)).toEqual(want);
});

test("a paused request is readable in a callout callback until it is continued", async () => {
  await using host = await probeHost(
    {
      request_headers: "call auth /check 1000; ret 4",
      http_call: "eff; get 0 x; get 6 :status; cont 0; get 0 x; pairs 0; get 6 :status",
    },
    { clusters: { backend: upstream().reply(200), auth: upstream().reply(204) } },
  );
  expect((await host.fetch("http://a.test/", { headers: { x: "1" } })).status).toBe(200);
  expect(statuses(lines(host), "http_call")).toEqual(["0", "0", "0", "0", "2", "0", "0"]);
});

test("continuing either direction drops the request maps, never the response ones", async () => {
  await using host = await probeHost({
    response_headers: "cont 0; get 2 :status; cont 1; get 2 :status",
  });
  await host.fetch("http://a.test/");
  expect(statuses(lines(host), "response_headers")).toEqual(["0", "0", "0", "0"]);
});

test("header edits reach the upstream as Envoy writes them", async () => {
  await using host = await probeHost({
    request_headers:
      "add 0 X-Dup b; add 0 user-agent two; rep 0 :path /new; rep 0 x-first z; rem 0 x-gone; get 0 X-DUP; get 0 x-empty; setprop done yes",
  });
  const headers: [string, string][] = [
    ["x-first", "1"],
    ["x-dup", "a"],
    ["user-agent", "one"],
    ["x-gone", "1"],
    ["x-empty", ""],
  ];
  const answer = await host.fetch("http://a.test/old", { headers });
  const sent = answer.upstream[0]!;
  expect(sent.path).toBe("/new");
  const own = sent.headers.filter(([name]) => /^x-(first|dup|gone|empty)|user-agent/.test(name));
  expect(own).toEqual([
    ["x-dup", "a"],
    ["user-agent", "one,two"],
    ["x-empty", ""],
    ["x-dup", "b"],
    ["x-first", "z"],
  ]);
  expect(lines(host)).toContain("request_headers get 0 X-DUP = 0 'a'");
  expect(lines(host)).toContain("request_headers get 0 x-empty = 0 null");
  expect(new TextDecoder().decode(answer.filterState["done"])).toBe("yes");
});

test.each(["setbad 0 nonsense", "many 0"])("%s empties the map and answers Ok", async (op) => {
  await using host = await probeHost({ request_headers: `${op}; pairs 0; get 0 :path` });
  await host.fetch("http://a.test/");
  expect(statuses(lines(host), "request_headers")).toEqual(["0", "0", "1"]);
});

test("set pairs replaces everything, sizes are bytes", async () => {
  await using host = await probeHost({
    request_headers:
      "setpairs 0 :method=GET,:path=/p,:authority=h,:scheme=http,x-forwarded-proto=http,a=1,a=2; size 0; count 0",
  });
  const answer = await host.fetch("http://a.test/");
  expect(lines(host).at(1)).toBe("request_headers size 0 = 0 64");
  expect(lines(host).at(2)).toBe("request_headers count 0 = 0 7");
  expect(answer.upstream[0]!.headers.slice(5, 7)).toEqual([
    ["a", "1"],
    ["a", "2"],
  ]);
});

test("pointers outside memory answer InvalidMemoryAccess", async () => {
  await using host = await probeHost({ request_headers: "badptr 0 :path; badin 0; badptr 0 none" });
  await host.fetch("http://a.test/");
  expect(statuses(lines(host), "request_headers")).toEqual(["6", "6", "1"]);
});

test("header bytes that are not UTF-8 survive", async () => {
  await using host = await probeHost({ request_headers: "rep 0 x-t grün" });
  const raw = Uint8Array.of(0x61, 0xff, 0x62);
  const answer = await host.fetch("http://a.test/", {
    headers: [
      ["x-raw", raw],
      ["x-u", "日本"],
    ],
  });
  expect(answer.upstream[0]!.get("x-raw")).toBe("a\u00ffb");
  expect(answer.upstream[0]!.get("x-u")).toBe("日本");
  expect(answer.upstream[0]!.get("x-t")).toBe("grün");
});
