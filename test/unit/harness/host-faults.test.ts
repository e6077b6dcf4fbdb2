import { describe, expect, test } from "vitest";
import { HarnessFault, redis, type Host } from "../../harness/src";
import { lines, probeHost } from "./probe";

// What JavaScript throws while a guest waits for the host is a bug of the test or of the harness. It
// ends the test as such: the VM is not dead, and nothing is answered 503.

const URL = "http://a.test/";

async function failureOf(host: Host): Promise<HarnessFault> {
  const failure = await host.fetch(URL).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(HarnessFault);
  expect(lines(host).join("\n")).not.toContain("failed: Uncaught");
  expect(host.workers[0]!.allVms.map(({ failed }) => failed)).toEqual([null]);
  return failure as HarnessFault;
}

describe("an error of JavaScript is not a guest's trap", () => {
  test("thrown by a hook", async () => {
    await using host = await probeHost({ request_headers: "sget k" });
    const bug = new TypeError("a bug of the test");
    host.inject.before("proxy_get_shared_data", () => {
      throw bug;
    });
    const failure = await failureOf(host);
    expect(failure.message).toBe(
      "proxy_get_shared_data failed in the host, not in the guest: TypeError: a bug of the test",
    );
    expect(failure.cause).toBe(bug);
    expect((await host.fetch(URL)).status).toBe(200);
  });

  test("thrown by a server that a test wrote", async () => {
    const store = redis();
    store.configured = () => {
      throw new RangeError("Invalid array length");
    };
    await using host = await probeHost(
      { request_headers: "rinit store secret 1000" },
      { profile: "higress-2.2", clusters: { store } },
    );
    expect((await failureOf(host)).message).toContain("proxy_redis_init failed in the host");
  });

  test("what is no Error is told, too", async () => {
    await using host = await probeHost({ request_headers: "sget k" });
    host.inject.before("proxy_get_shared_data", () => {
      throw "a word";
    });
    expect((await failureOf(host)).message).toMatch(/not in the guest: a word$/);
  });
});

describe("a guest's trap stays one", () => {
  test.each([
    ["unreachable", "trap", "RuntimeError: unreachable"],
    ["a stack that is full", "recurse 0", "RangeError: Maximum call stack size exceeded"],
    ["an injected trap", "sget k", "RuntimeError: injected trap at proxy_get_shared_data"],
  ])("%s", async (_name, op, reason) => {
    await using host = await probeHost({ request_headers: op });
    host.inject.trap("proxy_get_shared_data");
    expect((await host.fetch(URL)).status).toBe(503);
    expect(lines(host).join("\n")).toContain(
      `Function: proxy_on_request_headers failed: Uncaught ${reason}`,
    );
  });
});
