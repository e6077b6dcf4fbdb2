import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseFault } from "../../../examples/demo/mock-model/faults.js";
import { startMockModel, type MockModel } from "../../../examples/demo/mock-model/index.js";

let model: MockModel;
beforeAll(async () => {
  model = await startMockModel({ say: () => "one two three" });
});
afterEach(() => model.setFault(null));
afterAll(() => model.stop());

function ask(fault?: string, stream = false, name = "m"): Promise<Response> {
  return fetch(`${model.url}/v1/chat/completions`, {
    method: "POST",
    headers: fault ? { "x-mock-fault": fault } : {},
    body: JSON.stringify({ model: name, stream, messages: [{ role: "user", content: "go" }] }),
  });
}

/** The events of a stream up to its end, and whether that end was a proper one. */
async function drain(response: Response): Promise<{ events: number; broken: boolean }> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes as Uint8Array);
    return { events: text.split("\n\n").length - 1, broken: false };
  } catch {
    return { events: text.split("\n\n").length - 1, broken: true };
  }
}

describe("a fault of one request, by header x-mock-fault", () => {
  test.each([429, 500, 503])("status=%i answers with an error of that status", async (status) => {
    const response = await ask(`status=${status}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: "mock_fault" } });
  });

  test("reset breaks the connection before any answer", async () => {
    await expect(ask("reset")).rejects.toThrow();
  });

  test.each([0, 2, 5])("cut=%i breaks a stream after that many chunks", async (chunks) => {
    expect(await drain(await ask(`cut=${chunks}`, true))).toEqual({ events: chunks, broken: true });
  });

  test("cut breaks a JSON answer in its middle", async () => {
    const response = await ask("cut=1");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test("delay holds the answer back", async () => {
    const order: string[] = [];
    await Promise.all([
      ask("delay=300").then(() => order.push("delayed")),
      ask().then(() => order.push("plain")),
    ]);
    expect(order).toEqual(["plain", "delayed"]);
  });

  test("a word it does not know is an error, not a silent success", async () => {
    expect((await ask("satus=503")).status).toBe(400);
  });

  test("leaves other requests alone", async () => {
    await ask("status=503");
    expect((await ask()).status).toBe(200);
    expect(await drain(await ask(undefined, true))).toEqual({ events: 6, broken: false });
  });
});

describe("a fault of all requests, by /mock/fault", () => {
  const control = (method: string, body?: string) =>
    fetch(`${model.url}/mock/fault`, { method, body });

  test("stays until it is taken back", async () => {
    await control("POST", '{"status":503}');
    expect([(await ask()).status, (await ask()).status]).toEqual([503, 503]);
    await control("DELETE");
    expect((await ask()).status).toBe(200);
  });

  test("ends by itself after a number of requests", async () => {
    await control("POST", '{"status":500,"times":2}');
    const statuses = [(await ask()).status, (await ask()).status, (await ask()).status];
    expect(statuses).toEqual([500, 500, 200]);
  });

  test("may be of one model only, beside that of all others", async () => {
    const status = async (name: string) => (await ask(undefined, false, name)).status;
    await control("POST", '{"model":"sick","status":503,"times":1}');
    expect([await status("m"), await status("sick"), await status("sick")]).toEqual([
      200, 503, 200,
    ]);
    await control("POST", '{"model":"sick","status":503}');
    await control("POST", '{"status":429}');
    expect([await status("m"), await status("sick")]).toEqual([429, 503]);
    await control("DELETE");
    expect([await status("m"), await status("sick")]).toEqual([200, 200]);
  });

  test("is refused when it is not a fault", async () => {
    for (const body of ["", "[]", '{"model":1}', '{"status":"503"}', '{"delay":1e9}', '{"x":1}']) {
      expect((await control("POST", body)).status, body).toBe(400);
    }
    expect((await ask()).status).toBe(200);
  });
});

describe("the words of a fault", () => {
  test.each([
    ["status=503", { status: 503 }],
    ["delay=2000, cut=3", { delay: 2000, cut: 3 }],
    ["reset", { reset: true }],
    ["", {}],
    ["status", null],
    ["status=99", null],
    ["delay=60001", null],
    ["cut=-1", null],
    ["cut=x", null],
    ["reset=1", null],
    ["toString=1", null],
  ])("%s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });
});
