import { describe, expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

describe("bodies of 30 MB", () => {
  const MIB = 1024 * 1024;
  const piece = new Uint8Array(MIB).fill(0x61);
  const chunks = Array<Uint8Array>(30).fill(piece);

  test("the answer to a call is handed over whole", async () => {
    await using host = await probeHost(
      {
        args: "1",
        request_headers: "call auth / 0; ret 4",
        http_call: `buf 4 ${30 * MIB - 3} 99; eff; cont 0`,
      },
      { clusters: { backend: upstream().reply(200), auth: upstream().reply(200, { chunks }) } },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(lines(host)).toContain(`http_call(4, 1, ${30 * MIB}, 0)`);
    expect(lines(host)).toContain(`http_call buf 4 ${30 * MIB - 3} 99 = 0 'aaa'`);
  });

  test("what streams is not limited, one way and the other", async () => {
    await using host = await probeHost(
      {},
      { clusters: { backend: upstream().reply(200, { chunks }) }, trace: false },
    );
    const answer = await host.fetch("http://a.test/", { chunks });
    expect(answer.upstream[0]!.bytes.length).toBe(30 * MIB);
    expect(answer.body.length).toBe(30 * MIB);
    expect(answer.body.every((byte) => byte === 0x61)).toBe(true);
  });
});
