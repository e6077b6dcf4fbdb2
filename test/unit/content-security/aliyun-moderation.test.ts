import { request as send } from "node:http";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AliyunServer, deny, details, mask, pass } from "../../support/moderation/aliyun.js";
import {
  authorization,
  faultsOf,
  type WireRequest,
} from "../../support/moderation/aliyun-request.js";
import { Random } from "../../conformance/random.js";
import { BASE64, REQUEST, RESPONSE, Services, TEXT, URL } from "./services.js";

const CREDENTIALS = { id: "testAK", secret: "testSK" };
const BACKEND = {
  type: "aliyun",
  serviceName: "safecheck.dns",
  servicePort: 443,
  serviceHost: "green.example",
  accessKey: "testAK",
  secretKey: "testSK",
  action: "MultiModalGuard",
};
const JSON_OF_TEXTS = ['<b>&"\\\u2028\n\u0001 +*~', "你好😀", "", "[empty content]", "\ufffd"];

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

/** The call of the back end, as it stands on the wire. */
function callOf(backend: object, phase: number, kind: number, asked: string): WireRequest {
  const call = services.ask(backend, phase, kind, asked);
  const pairs = (call?.head ?? []).map((line) => line.split(/: (.*)/).slice(0, 2));
  const {
    ":method": method,
    ":path": path,
    ":authority": host,
    ...headers
  } = Object.fromEntries(pairs) as Record<string, string>;
  const body = Buffer.from(call?.body ?? "");
  return {
    method: method ?? "",
    path: path ?? "",
    headers: { ...headers, host: host ?? "" },
    body,
  };
}

describe("every byte of our calls is as the service wants it", () => {
  for (const text of JSON_OF_TEXTS) {
    it(JSON.stringify(text), () => {
      for (const phase of [REQUEST, RESPONSE]) {
        expect(faultsOf(callOf(BACKEND, phase, TEXT, text), CREDENTIALS)).toEqual([]);
      }
    });
  }

  it("random texts", () => {
    const letters = [..."aé中😀<>&\"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028\u2029\ufffd +%=~*'()"];
    const random = new Random(1);
    for (let i = 0; i < 100; i++) {
      const length = random.below(20);
      const text = Array.from({ length }, () => random.pick(letters)).join("");
      const faults = faultsOf(callOf(BACKEND, REQUEST, TEXT, text), CREDENTIALS);
      expect(faults, JSON.stringify(text)).toEqual([]);
    }
  });

  it("images, tokens, the other action", () => {
    expect(faultsOf(callOf(BACKEND, 0, URL, "https://e.com/?a=1&b=<c>"), CREDENTIALS)).toEqual([]);
    const image = "data:image/png;base64,iVBOR+/w==";
    expect(faultsOf(callOf(BACKEND, 0, BASE64, image), CREDENTIALS)).toEqual([]);
    const config = { ...BACKEND, securityToken: "STS", action: "TextModerationPlus" };
    const call = callOf(config, 0, TEXT, "x");
    expect(faultsOf(call, { ...CREDENTIALS, token: "STS" })).toEqual([]);
    expect(faultsOf(call, CREDENTIALS)).toEqual(["x-acs-security-token"]);
  });
});

describe("the service finds what is wrong", () => {
  const change = (what: Partial<WireRequest>, headers: Record<string, string> = {}): string[] => {
    const call = callOf(BACKEND, REQUEST, TEXT, "hi");
    return faultsOf({ ...call, ...what, headers: { ...call.headers, ...headers } }, CREDENTIALS);
  };

  it("anything signed that was changed", () => {
    expect(change({ method: "GET" })).toEqual(["method GET", "signature"]);
    expect(change({ path: "/?Service=other" })).toEqual(["signature"]);
    expect(change({ path: "/x?Service=a" })).toEqual(["path /x?Service=a", "signature"]);
    expect(change({}, { host: "other" })).toEqual(["signature"]);
    expect(change({}, { "x-acs-date": "2026-01-02T03:04:05" })).toEqual([
      "x-acs-date",
      "signature",
    ]);
    expect(change({ body: Buffer.from("ServiceParameters=%7B%7D") })).toEqual([
      "x-acs-content-sha256",
      "signature",
      "form",
      "action for what is asked",
    ]);
    expect(change({}, { "user-agent": "curl" })).toEqual(["user-agent"]);
    expect(change({}, { "x-acs-signature-nonce": "1" })).toEqual([
      "x-acs-signature-nonce",
      "signature",
    ]);
  });

  it("an image under the action of texts, and two at once", () => {
    const image = callOf(BACKEND, 0, URL, "https://e.com/a.png");
    const action = { "x-acs-action": "MultiModalGuard" };
    const wrong = faultsOf({ ...image, headers: { ...image.headers, ...action } }, CREDENTIALS);
    expect(wrong).toEqual(["signature", "action for what is asked"]);
    const two = Buffer.concat([Buffer.from("ImageBase64Str=aa&"), image.body]);
    expect(faultsOf({ ...image, body: two }, CREDENTIALS)).toContain("action for what is asked");
  });

  it("another secret", () => {
    const call = callOf({ ...BACKEND, secretKey: "other" }, REQUEST, TEXT, "hi");
    expect(faultsOf(call, CREDENTIALS)).toEqual(["signature"]);
  });

  it("the signature of the vendor's second vector", () => {
    const body = Buffer.from(
      "ServiceParameters=%7B%22content%22%3A%22%E4%BD%A0%E5%A5%BD%22%2C%22requestFrom%22%3A%22CIPFrom%2FAIGateway%22%2C%22sessionId%22%3A%220123456789abcdef0123%22%7D",
    );
    const headers = {
      host: "green-cip.cn-shanghai.aliyuncs.com",
      "content-type": "application/x-www-form-urlencoded",
      "x-acs-action": "TextModerationPlus",
      "x-acs-content-sha256": "aad867c95cbdb62928fbdbf89f89883ca233928936a7919ebe6fc076411d85e0",
      "x-acs-date": "2026-01-02T03:04:05Z",
      "x-acs-signature-nonce": "11111111-2222-3333-4444-555555555555",
      "x-acs-version": "2022-03-02",
    };
    const path = "/?Service=llm_query_moderation";
    expect(authorization({ method: "POST", path, headers, body }, CREDENTIALS)).toContain(
      "Signature=21622cd010569926da5ba10c586a85cfb869f80f565a3f6da14a063eac503d8e",
    );
  });
});

it("the signature of the contract's fourth vector, the URL of an image", () => {
  const body = Buffer.from(
    "ServiceParameters=%7B%22imageUrls%22%3A%5B%22https%3A%2F%2Fe.com%2Fa.png%22%5D%2C%22requestFrom%22%3A%22CIPFrom%2FAIGateway%22%7D",
  );
  const headers = {
    host: "green-cip.cn-shanghai.aliyuncs.com",
    "content-type": "application/x-www-form-urlencoded",
    "x-acs-action": "MultiModalGuardForBase64",
    "x-acs-content-sha256": "d783353ffcf10bd505b6203a3a02e6119a857b88082f3eec8566aa347830a29d",
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-signature-nonce": "11111111-2222-3333-4444-555555555555",
    "x-acs-version": "2022-03-02",
  };
  const path = "/?Service=img_query_security_check";
  expect(authorization({ method: "POST", path, headers, body }, CREDENTIALS)).toContain(
    "Signature=b6e8bbe1a57f4a9c11275b2f456f24b8fe9fc281e77c0a205534bd4e4a92609c",
  );
});

describe("over a connection", () => {
  let server: AliyunServer;

  beforeEach(async () => {
    server = await AliyunServer.start(CREDENTIALS);
  });

  afterEach(() => server.stop());

  /** Status and body, or how it failed. */
  const post = (call: WireRequest, patienceMs = 5000): Promise<{ status: number; body: string }> =>
    new Promise((done, fail) => {
      const { method, path, headers, body } = call;
      const options = { port: server.port, method, path, headers, timeout: patienceMs };
      const client = send({ host: "127.0.0.1", ...options }, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () =>
          done({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
        );
      });
      client.on("timeout", () => client.destroy(new Error("silence")));
      client.on("error", fail);
      client.end(body);
    });
  const call = (nonce = 0): WireRequest => {
    const sent = callOf(BACKEND, REQUEST, TEXT, "hi");
    const headers: Record<string, string> = {
      ...sent.headers,
      "x-acs-signature-nonce": `00000000-0000-4000-8000-${String(nonce).padStart(12, "0")}`,
    };
    const changed = { ...sent, headers };
    headers["authorization"] = authorization(changed, CREDENTIALS);
    return changed;
  };

  it("passes, refuses, masks, and says what it was asked", async () => {
    const { moderation } = server;
    const findings: unknown[] = [];
    const reactions = [
      pass(),
      deny("medium"),
      mask("call ***"),
      details({ Type: "promptAttack", Level: "high" }),
    ];
    for (const [nonce, reaction] of reactions.entries()) {
      moderation.react = () => reaction;
      const { status, body } = await post(call(nonce));
      expect(status).toBe(200);
      const said = services.parse(BACKEND, body);
      findings.push([said?.["requestId"], said?.["risk"], said?.["masked"], said?.findings]);
    }
    expect(findings).toEqual([
      ["R-1", "none", undefined, []],
      ["R-2", "medium", undefined, ["contentModeration/medium"]],
      ["R-3", "none", "call ***", ["sensitiveData/S3*"]],
      ["R-4", "none", undefined, ["promptAttack/high"]],
    ]);
    expect(moderation.faults).toEqual([]);
    expect(moderation.asked).toHaveLength(4);
    expect(moderation.asked[0]).toEqual({
      action: "MultiModalGuard",
      service: "query_security_check",
      sessionId: "0123456789abcdef0123",
      content: "hi",
    });
  });

  it("fails in every way", async () => {
    const { moderation } = server;
    moderation.react = () => ({ kind: "code", code: 408 });
    const { status, body } = await post(call(1));
    expect([status, services.parse(BACKEND, body), services.requestId(BACKEND, body)]).toEqual([
      200,
      null,
      "R-1",
    ]);
    moderation.react = () => ({ kind: "status", status: 503 });
    expect((await post(call(2))).status).toBe(503);
    moderation.react = () => ({ kind: "garbage", body: "<html>" });
    expect(await post(call(3))).toEqual({ status: 200, body: "<html>" });
    moderation.react = () => ({ kind: "reset" });
    await expect(post(call(4))).rejects.toThrow("socket hang up");
    moderation.react = () => ({ kind: "silence" });
    await expect(post(call(5), 50)).rejects.toThrow("silence");
  });

  it("a nonce holds once", async () => {
    expect((await post(call(1))).status).toBe(200);
    expect((await post(call(1))).status).toBe(400);
    expect(server.moderation.faults).toEqual([
      "nonce 00000000-0000-4000-8000-000000000001 used twice",
    ]);
  });
});
