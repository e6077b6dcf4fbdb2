import { createHash, createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { Services } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const text = (operation: string, numbers: number[], ...args: (string | Uint8Array)[]) =>
  services.text(operation, numbers, ...args);

const HOST = "green-cip.cn-shanghai.aliyuncs.com";
const CONFIG = {
  serviceName: "safecheck.dns",
  servicePort: 443,
  serviceHost: HOST,
  accessKey: "testAK",
  secretKey: "testSK",
};
const MULTI = { ...CONFIG, action: "MultiModalGuard" };

const sha256 = (data: string | Uint8Array): string =>
  createHash("sha256").update(data).digest("hex");

describe("signatures of the contract's vectors", () => {
  const BODY =
    "ServiceParameters=%7B%22content%22%3A%22%E4%BD%A0%E5%A5%BD%22%2C%22requestFrom%22%3A%22CIPFrom%2FAIGateway%22%2C%22sessionId%22%3A%220123456789abcdef0123%22%7D";
  const headers = (action: string, hash: string, more: Record<string, string> = {}): string =>
    Object.entries({
      "x-acs-version": "2022-03-02",
      "x-acs-signature-nonce": "11111111-2222-3333-4444-555555555555",
      "x-acs-date": "2026-01-02T03:04:05Z",
      "x-acs-content-sha256": hash,
      "x-acs-action": action,
      host: HOST,
      "content-type": "application/x-www-form-urlencoded",
      ...more,
    })
      .map((pair) => pair.join(" "))
      .join("\n");
  const TEXT_HASH = "aad867c95cbdb62928fbdbf89f89883ca233928936a7919ebe6fc076411d85e0";
  const IMAGE_HASH = "d783353ffcf10bd505b6203a3a02e6119a857b88082f3eec8566aa347830a29d";

  it("V1, the vendor's example: no body and no content type", () => {
    const empty = sha256("");
    const lines = [
      "x-acs-version 2014-05-26",
      "x-acs-action RunInstances",
      "x-acs-date 2023-10-26T10:22:32Z",
      "x-acs-signature-nonce 3156853299f313e23d1673dc12e1703d",
      `x-acs-content-sha256 ${empty}`,
      "host ecs.cn-shanghai.aliyuncs.com",
    ].join("\n");
    const query =
      "RegionId cn-shanghai\nImageId win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
    const signed = text(
      "sign",
      [],
      "YourAccessKeyId",
      "YourAccessKeySecret",
      "POST",
      "",
      query,
      lines,
    );
    expect(signed?.split("|")[1]).toBe(
      "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
  });

  it("V2, a text", () => {
    expect(text("form", [0], "你好")).toBe(BODY);
    const lines = headers("TextModerationPlus", TEXT_HASH);
    const query = "Service llm_query_moderation";
    expect(text("sign", [], "testAK", "testSK", "POST", BODY, query, lines)).toBe(
      "b907b07d9bd3ec74e602239abce690a1e09bc2f458e675d1f8ae2bce964f16c1|ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=21622cd010569926da5ba10c586a85cfb869f80f565a3f6da14a063eac503d8e",
    );
  });

  it("V3, with a token", () => {
    const lines = headers("TextModerationPlus", TEXT_HASH, { "x-acs-security-token": "STS.token" });
    const query = "Service llm_query_moderation";
    const [hash, value] = text("sign", [], "testAK", "testSK", "POST", BODY, query, lines)!.split(
      "|",
    );
    expect(hash).toBe("fe23080b29accf3407a9f4b210af812d83e6a067545cc814985c059bd75f4b31");
    expect(value).toContain("x-acs-date;x-acs-security-token;x-acs-signature-nonce;");
    expect(value).toContain("721b81841bb8f3af6d474d69d12a5de9b19f0d55133feac07224b68e67e3161b");
  });

  it("V4, the URL of an image", () => {
    const body = text("form", [1], "https://e.com/a.png")!;
    expect(sha256(body)).toBe(IMAGE_HASH);
    const lines = headers("MultiModalGuardForBase64", IMAGE_HASH);
    const query = "Service img_query_security_check";
    expect(text("sign", [], "testAK", "testSK", "POST", body, query, lines)).toContain(
      "Signature=b6e8bbe1a57f4a9c11275b2f456f24b8fe9fc281e77c0a205534bd4e4a92609c",
    );
  });

  it("queries are encoded as RFC 3986 wants it and sorted by name", () => {
    const query = "b a b*~/中\nA +&=\na ";
    expect(text("canonical", [], query, "GET", "host h", "")).toBe(
      `GET\n/\nA=%2B%26%3D&a=&b=a%20b%2A~%2F%E4%B8%AD\nhost:h\n\nhost\n${sha256("")}`,
    );
  });
});

describe("forms", () => {
  const parameters = (form: string, name = "ServiceParameters"): string | null =>
    new URLSearchParams(form).get(name);

  it("escapes JSON as Go does", () => {
    const json = parameters(text("form", [0], '<a href="x">&\u2028\u2029\b\f\n\r\t\u0001\\é😀')!);
    expect(json).toBe(
      '{"content":"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\b\\f\\n\\r\\t\\u0001\\\\é😀","requestFrom":"CIPFrom/AIGateway","sessionId":"0123456789abcdef0123"}',
    );
  });

  it("a byte that is no UTF-8 is the escape of U+FFFD", () => {
    const json = parameters(text("form", [0], Uint8Array.of(0x61, 0xe4, 0xbd))!);
    expect(json).toContain('"content":"a\\ufffd\\ufffd"');
  });

  it("a space is a plus, the unreserved stay", () => {
    expect(text("form", [0], "a b+-_.~*'()")).toContain("a+b%2B-_.~%2A%27%28%29");
  });

  it("every byte survives the server's decoding", () => {
    for (let byte = 0; byte < 128; byte++) {
      const letter = String.fromCharCode(byte);
      expect(JSON.parse(parameters(text("form", [0], letter)!)!).content).toBe(letter);
    }
  });

  it("a URL of an image stands in a list, without a session", () => {
    expect(parameters(text("form", [1], "https://e.com/a.png?x=1&y=2")!)).toBe(
      '{"imageUrls":["https://e.com/a.png?x=1\\u0026y=2"],"requestFrom":"CIPFrom/AIGateway"}',
    );
  });

  it("base64 is a field of its own, first, as it was found", () => {
    expect(text("form", [2], "data:image/png;base64,aa+/=")).toBe(
      "ImageBase64Str=data%3Aimage%2Fpng%3Bbase64%2Caa%2B%2F%3D&ServiceParameters=%7B%22requestFrom%22%3A%22CIPFrom%2FAIGateway%22%7D",
    );
  });
});

describe("stamps", () => {
  it("dates are those of JavaScript", () => {
    const days = [0, 58, 59, 60, 365, 789, 11015, 11016, 11017, 20455, 24836, 47540, 47541, 84000];
    for (const day of days) {
      for (const second of [0, 11045, 86399]) {
        const seconds = day * 86400 + second;
        const expected = new Date(seconds * 1000).toISOString().replace(".000", "");
        expect(text("date", [seconds])).toBe(expected);
      }
    }
  });

  it("a nonce is a UUID of version 4", () => {
    const random = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
    expect(text("version4", [], random)).toBe("fffefdfc-fbfa-49f8-b7f6-f5f4f3f2f1f0");
    expect(text("version4", [], new Uint8Array(16))).toBe("00000000-0000-4000-8000-000000000000");
  });
});

describe("calls", () => {
  it("has the headers of the contract and a signature that holds", () => {
    const config = { ...CONFIG, securityToken: "STS.token" };
    const { head = [], body = "" } = services.ask(config, 0, 0, "你好") ?? {};
    const lines = head.map((line) => line.split(/: (.*)/) as [string, string]);
    const headers = Object.fromEntries(lines);
    expect(headers).toEqual({
      "content-type": "application/x-www-form-urlencoded",
      "x-acs-action": "TextModerationPlus",
      "x-acs-content-sha256": sha256(body),
      "x-acs-date": "2026-01-02T03:04:05Z",
      "x-acs-security-token": "STS.token",
      "x-acs-signature-nonce": "00010203-0405-4607-8809-0a0b0c0d0e0f",
      "x-acs-version": "2022-03-02",
      authorization: expect.any(String),
      "user-agent": "CIPFrom/AIGateway",
      ":method": "POST",
      ":path": "/?Service=llm_query_moderation",
      ":authority": "green-cip.cn-shanghai.aliyuncs.com",
    });
    const signed = lines
      .filter(([name]) => name.startsWith("x-acs-") || name === "content-type")
      .concat([["host", headers[":authority"]!]])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const names = signed.map(([name]) => name).join(";");
    const canonical = [
      "POST",
      "/",
      "Service=llm_query_moderation",
      ...signed.map(([name, value]) => `${name}:${value}`),
      "",
      names,
      sha256(body),
    ].join("\n");
    const signature = createHmac("sha256", "testSK")
      .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
      .digest("hex");
    expect(headers["authorization"]).toBe(
      `ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=${names},Signature=${signature}`,
    );
  });

  it("a service per phase and kind, and an action per kind", () => {
    const named = (config: object, phase: number, kind: number, service = ""): string => {
      const call = services.ask(config, phase, kind, "x", { service });
      if (call === null) return "does not judge";
      const head = call.head.join("\n");
      const path = /:path: (.*)/.exec(head)?.[1];
      return `${/x-acs-action: (.*)/.exec(head)?.[1]} ${path}`;
    };
    expect(named(CONFIG, 1, 0)).toBe("TextModerationPlus /?Service=llm_response_moderation");
    expect(named(CONFIG, 0, 1)).toBe("does not judge");
    expect(named(MULTI, 0, 0)).toBe("MultiModalGuard /?Service=query_security_check");
    expect(named(MULTI, 1, 0)).toBe("MultiModalGuard /?Service=response_security_check");
    expect(named(MULTI, 0, 1)).toBe("MultiModalGuardForBase64 /?Service=img_query_security_check");
    expect(named(MULTI, 1, 2)).toBe("MultiModalGuardForBase64 /?Service=");
    const own = {
      ...MULTI,
      requestCheckService: "a",
      requestImageCheckService: "b",
      responseCheckService: "c",
      responseImageCheckService: "d",
    };
    expect(named(own, 0, 0)).toBe("MultiModalGuard /?Service=a");
    expect(named(own, 0, 2)).toBe("MultiModalGuardForBase64 /?Service=b");
    expect(named(own, 1, 0)).toBe("MultiModalGuard /?Service=c");
    expect(named(own, 1, 1)).toBe("MultiModalGuardForBase64 /?Service=d");
    expect(named(own, 1, 1, "of one&x")).toBe("MultiModalGuardForBase64 /?Service=of%20one%26x");
    expect(named({ ...CONFIG, action: "Other" }, 0, 0)).toBe("does not judge");
    expect(named({ ...CONFIG, action: "MultiModalGuardForBase64" }, 0, 1)).toBe("does not judge");
  });

  it("a host name that is no header value cannot be sent", () => {
    const config = JSON.stringify({ ...CONFIG, securityToken: "a\nb" });
    expect(text("ask", [0, 0, 0], config, "hi")).toBe("cannot be sent");
  });
});

describe("configuration", () => {
  const configure = (config: object): string => services.configure(config).trimEnd();

  it("cluster, time and whether empty windows are submitted", () => {
    expect(configure(CONFIG)).toBe(`outbound|443||safecheck.dns ${HOST} 2000 2000 empty`);
    const own = { ...CONFIG, servicePort: "80", timeout: 0, submitEmptyContent: false };
    expect(configure(own)).toBe(`outbound|80||safecheck.dns ${HOST} 0 2000`);
    expect(configure({ ...CONFIG, timeout: -1 })).toBe(
      `outbound|443||safecheck.dns ${HOST} -1 2000 empty`,
    );
    const { serviceName: _, servicePort: __, ...named } = { ...CONFIG, cluster: "cloud" };
    expect(configure(named)).toBe(`cloud ${HOST} 2000 2000 empty`);
  });

  it("what is missing, in the peer's words", () => {
    for (const field of ["serviceName", "servicePort", "serviceHost"]) {
      expect(configure({ ...CONFIG, [field]: null }), field).toBe("invalid service config");
    }
    expect(configure({ ...CONFIG, servicePort: "https" })).toBe("invalid service config");
    expect(configure({ ...CONFIG, cluster: "c", serviceHost: "" })).toBe("invalid service config");
    for (const field of ["accessKey", "secretKey"]) {
      expect(configure({ ...CONFIG, [field]: "" }), field).toBe("invalid AK/SK config");
    }
    expect(configure({ accessKey: "" })).toBe("invalid service config");
  });
});
