import { beforeAll, describe, expect, it } from "vitest";
import { Services } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const HOOK = { type: "webhook", serviceName: "a.static", servicePort: 80 };
const ALIYUN = {
  type: "aliyun",
  serviceName: "safecheck.dns",
  servicePort: 443,
  serviceHost: "h",
  accessKey: "a",
  secretKey: "s",
};
const A = "outbound|80||a.static a.static 2000 2147483647\n";

describe("backend and backends", () => {
  it("none, one, or a list in the order in which they are asked", () => {
    for (const none of [{}, { backend: null }, { backends: [] }, { backends: null }]) {
      expect(services.configure(none), JSON.stringify(none)).toBe("");
    }
    expect(services.configure({ backend: HOOK })).toBe(A);
    const guard = { type: "chat-guard", cluster: "guard", serviceHost: "g", maxChars: 8 };
    const list = [{ ...HOOK, cluster: "first", serviceHost: "f", timeout: 1 }, ALIYUN, guard, HOOK];
    expect(services.configure({ backends: list })).toBe(
      `first f 1 2147483647\noutbound|443||safecheck.dns h 2000 2000 empty\nguard g 2000 8 prompt cumulative\n${A}`,
    );
    expect(services.configure({ backends: HOOK })).toBe(A);
  });

  it("local rules are no service", () => {
    expect(services.configure({ backends: [{ type: "local" }, HOOK] })).toBe(A);
    expect(services.configure({ backend: { type: "local" } })).toBe("");
  });

  const TYPES = "local, aliyun, chat-guard, openai-moderation, webhook, azure, bedrock";
  const FAULTS: [config: object, fault: string][] = [
    [{ backend: HOOK, backends: [HOOK] }, "backends: cannot stand beside backend"],
    [{ backend: {} }, "backend.type: is required"],
    [{ backend: "webhook" }, "backend.type: is required"],
    [{ backend: { type: "other" } }, `backend.type: must be one of ${TYPES}`],
    [{ backend: { type: null } }, `backend.type: must be one of ${TYPES}`],
    [{ backends: [HOOK, 1] }, "backends[1].type: is required"],
    [{ backends: [HOOK, { type: "Azure" }] }, `backends[1].type: must be one of ${TYPES}`],
    [
      { backends: [HOOK, { ...HOOK, headers: { "": "x" } }] },
      "backends[1].headers.: is not a header name",
    ],
    [
      { backends: [{ ...HOOK, servicePort: 70000 }] },
      "backends[0].servicePort: must be between 1 and 65535",
    ],
    [{ backend: { type: "webhook" } }, "backend.serviceName: is required, or cluster"],
    [{ backends: [{ ...ALIYUN, serviceHost: "" }] }, "backends[0]: invalid service config"],
    [{ backend: { ...ALIYUN, secretKey: "" } }, "backend: invalid AK/SK config"],
    [
      { backend: { type: "chat-guard", serviceSource: "dns" } },
      "backend: service_name is required",
    ],
    [
      { backend: { ...HOOK, type: "openai-moderation", scoreThresholds: { hate: 2 } } },
      "backend.scoreThresholds.hate: must be a number between 0 and 1",
    ],
  ];
  for (const [config, fault] of FAULTS) {
    it(fault, () => expect(services.configure(config)).toBe(fault));
  }
});
