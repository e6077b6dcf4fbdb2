import { describe, expect, test } from "vitest";
import { createHost, upstream, type Host, type ProfileName } from "../../harness/src";
import { config, lines, probeFor, probeHost, type Script } from "./probe";

const HIGRESS = ["higress-2.1", "higress-2.2"] as const;
const endings = (host: Host) => lines(host).filter((line) => /^(done|delete)\(/.test(line));
const asking: Script = { args: "1", request_headers: "setprop wasm_need_rebuild true" };
const url = "http://a.test/";

/** VMs that served since the start. */
async function vmsAfter(requests: number, script: Script, profile: ProfileName): Promise<number> {
  await using host = await probeHost(script, { profile });
  const seen = new Set<unknown>();
  for (let i = 0; i < requests; i++) {
    await host.fetch(url);
    seen.add(host.workers[0]!.allVms[0]);
  }
  return seen.size;
}

describe("wasm_need_rebuild", () => {
  test.each(HIGRESS)("%s: the next stream meets a new VM", async (profile) => {
    expect(await vmsAfter(3, asking, profile)).toBe(3);
    const script = { request_headers: "setprop wasm_need_rebuild yes" };
    expect(await vmsAfter(3, script, profile)).toBe(1);
  });

  test("Envoy stores it like any other property", async () => {
    expect(await vmsAfter(3, asking, "envoy-1.40")).toBe(1);
  });

  test("a root cannot ask", async () => {
    const script = { configure: "setprop wasm_need_rebuild true" };
    expect(await vmsAfter(2, script, "higress-2.2")).toBe(1);
  });

  test("streams under way stay with the old VM, whose root goes after them", async () => {
    const script = {
      ...asking,
      "response_headers#1": "call side /x 0; ret 4",
      http_call: "eff; cont 1",
    };
    await using host = await probeHost(script, {
      profile: "higress-2.2",
      clusters: { backend: upstream().reply(200), side: upstream().after(50).reply(200) },
    });
    const first = host.stream(`GET ${url}`);
    await first.headers({ end: true });
    const second = host.stream(`GET ${url}`);
    await second.headers({ end: true });
    expect(endings(host)).toEqual([]);
    const answers = [first.response(), second.response()];
    await host.clock.advance(60);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    // Ids are each VM's own: stream 2 and then root 1 of the first, stream 2 of the second.
    expect(endings(host).sort()).toEqual(["delete(1)", "delete(2)", "delete(2)", "done(1)", "done(2)", "done(2)"]); // prettier-ignore
  });

  test("two plugins of one VM move into one new VM", async () => {
    const plugin = { wasm: probeFor("higress-2.2"), vmId: "shared" };
    await using host = await createHost({
      profile: "higress-2.2",
      lifecycle: "single",
      plugins: [
        // Of one VM, the script configured last is everybody's.
        { ...plugin, rootId: "a", config: config({ request_headers: "get 0 :path" }) },
        { ...plugin, rootId: "b", config: config(asking) },
      ],
      clusters: { backend: upstream().reply(200) },
    });
    await host.fetch(url);
    const [before] = host.workers[0]!.allVms;
    await host.fetch(url);
    const after = host.workers[0]!.allVms;
    expect(after).toHaveLength(1);
    expect(after[0]).not.toBe(before);
  });
});
