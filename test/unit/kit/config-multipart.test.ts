import { beforeAll, describe, expect, it } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/kit/driver/config.ts");
});

const TYPE = "multipart/form-data; boundary=XX";
const PLAIN = 'Content-Disposition: form-data; name="model"';

/** How often the form has the field `model`, and its first value. */
function model(body: string | Uint8Array, contentType = TYPE): string {
  return run("form", [], body, contentType, "model")!.toString();
}

/** A body of parts, each headers and content. */
function form(...parts: [headers: string, content: string][]): string {
  const written = parts.map(([headers, content]) => `--XX\r\n${headers}\r\n\r\n${content}\r\n`);
  return `${written.join("")}--XX--\r\n`;
}

const NONE = "0|null";
/** What no form says. */
const NO_FORM = "-1|null";

describe("a field of a form", () => {
  it("is found among others, with its bytes as they are", () => {
    const file =
      'Content-Disposition: form-data; name="file"; filename="C:\\a*.txt"\r\nContent-Type: audio/mp3';
    expect(model(form([file, "..."], [PLAIN, "gpt"]))).toBe("1|gpt");
    expect(model(form([PLAIN, ""]))).toBe("1|");
    for (const content of ["a\r\n--X\r\nb\n", "a--XX", "\n--X\n--\r", "-\n ---XX-"])
      expect(model(form([PLAIN, content])), content).toBe(`1|${content}`);
  });

  it("is what FormData of a browser sends", async () => {
    const data = new FormData();
    data.append("file", new Blob(["\r\n--x"]), "ü.bin");
    data.append("model", "whisper");
    const request = new Response(data);
    const body = Buffer.from(await request.clone().arrayBuffer());
    expect(model(body, request.headers.get("content-type")!)).toBe("1|whisper");
  });

  it("may be spelt in every way the standards allow", () => {
    const ways = [
      "content-disposition: FORM-DATA; NAME=model",
      'Content-Disposition:form-data;name="model"',
      'Content-Disposition: form-data ; name = "model" ; x=y;',
      'Content-Disposition: form-data; name= "model"',
      "Content-Disposition: form-data; name =model",
      'X-A: b\r\nContent-Disposition: form-data; name="model"\r\nContent-Type: text/plain',
      `${PLAIN}\r\nContent-Transfer-Encoding: 8bit`,
    ];
    for (const way of ways) expect(model(form([way, "v"])), way).toBe("1|v");
    expect(model(form([PLAIN, "v"]), 'Multipart/Form-Data; charset=x; BOUNDARY = "XX"')).toBe(
      "1|v",
    );
  });

  it("is not another field", () => {
    for (const name of ["Model", "model ", "models", "mode", ""]) {
      if (name.endsWith("\\")) continue;
      const part = `Content-Disposition: form-data; name="${name}"`;
      expect(model(form([part, "v"])), name).toBe(NONE);
    }
    expect(model(form(['Content-Disposition: form-data; x="name=model"', "v"]))).toBe(NONE);
    expect(model(form(["X-Other: form-data; name=model", "v"]))).toBe(NONE);
    expect(model(form(["Content-Disposition: form-data", "v"]))).toBe(NONE);
  });

  it("counts twice when parsers could read it differently", () => {
    const doubtful = [
      'Content-Disposition: form-data; name="model"; filename="a"',
      "Content-Disposition: form-data; name=\"model\"; filename*=utf-8''a",
      "Content-Disposition: form-data; name*=utf-8''model",
      "Content-Disposition: form-data; name*0=mo; name*1=del",
      'Content-Disposition: form-data; name="x"; name="model"',
      'Content-Disposition: form-data; name="model"; name="x"',
      'Content-Disposition: form-data; name="mo\\del"',
      'Content-Disposition: attachment; name="model"',
      `Content-Disposition: form-data; name="x"\r\n${PLAIN}`,
      `${PLAIN}\r\nContent-Disposition: form-data; name="x"`,
      `${PLAIN}\r\nContent-Transfer-Encoding: quoted-printable`,
      `${PLAIN}\r\ncontent-transfer-encoding:base64`,
    ];
    for (const headers of doubtful) expect(model(form([headers, "v"])), headers).toBe("2|v");
    expect(model(form([PLAIN, "a"], [PLAIN, "b"]))).toBe("2|a");
    expect(model(form([PLAIN, "a"], [PLAIN, "b"], [PLAIN, "c"]))).toBe("3|a");
  });
});

describe("a form that some parser reads otherwise has no field", () => {
  it("when a part is not well-formed", () => {
    const broken: [string, string][] = [
      ["a folded header", 'Content-Disposition: form-data;\r\n name="model"'],
      ["a bare line feed", `Content-Disposition: form-data; name="x"\n${PLAIN}`],
      ["a bare carriage return", `Content-Disposition: form-data; name="x"\r${PLAIN}`],
      ["NUL", 'Content-Disposition: form-data; name="x\u0000"'],
      ["no colon", 'Content-Disposition form-data; name="model"'],
      ["no header name", ": form-data"],
      ["a blank before the colon", 'Content-Disposition : form-data; name="model"'],
      ["an open quote", 'Content-Disposition: form-data; name="model'],
      ["text after the quote", 'Content-Disposition: form-data; name="x"model'],
      ["a parameter without value", "Content-Disposition: form-data; name"],
      ["a parameter without name", "Content-Disposition: form-data; =model"],
    ];
    for (const [what, headers] of broken) {
      expect(model(form([PLAIN, "good"], [headers, "bad"])), what).toBe(NO_FORM);
    }
  });

  it("when a line ends otherwise, or the end is missing", () => {
    const good = form([PLAIN, "v"]);
    expect(model(good)).toBe("1|v");
    const bodies = [
      good.replaceAll("\r\n", "\n"),
      good.replaceAll("\r\n\r\n", "\n\n"),
      good.replace("--XX\r\n", "--XX \r\n"),
      good.replace("--XX\r\n", "--XX\n"),
      `\r\n${good}`,
      `preamble\r\n${good}`,
      good.slice(2),
      `--XX\r\n${good}`,
      "",
    ];
    for (const body of bodies) expect(model(body), JSON.stringify(body)).toBe(NO_FORM);
    expect(model("--XX--")).toBe(NONE); // a form of nothing
    for (let length = 0; length < good.length - 2; length++) {
      expect(model(good.slice(0, length)), String(length)).toMatch(
        length < good.length - 4 ? /^-1\|null$/ : /./,
      );
    }
  });

  it("when a delimiter stands behind a line break that is no CRLF", () => {
    for (const end of ["\n", "\r", "\n\r", "\r\r", "\n\n"]) {
      const hidden = `junk${end}--XX${end}${PLAIN}${end}${end}bad${end}--XX${end}x`;
      expect(
        model(form(['Content-Disposition: form-data; name="x"', hidden], [PLAIN, "good"])),
        end,
      ).toBe(NO_FORM);
    }
  });

  it("when there is more of something than clients send", () => {
    const other: [string, string] = ['Content-Disposition: form-data; name="x"', "1"];
    const forms = (parts: number, lines: number, parameters: number) =>
      form(...Array.from({ length: parts - 1 }, () => other), [
        PLAIN + ";a=b".repeat(parameters - 1) + "\r\nx: y".repeat(lines - 1),
        "v",
      ]);
    expect(model(forms(1024, 32, 32))).toBe("1|v");
    expect(model(forms(1025, 1, 1))).toBe(NO_FORM);
    expect(model(forms(1, 33, 1))).toBe(NO_FORM);
    expect(model(forms(1, 1, 33))).toBe(NO_FORM);
  });

  it("when the boundary is not plain", () => {
    const types = [
      "multipart/form-data",
      "multipart/form-data; boundary",
      "multipart/form-data; boundary=",
      'multipart/form-data; boundary=""',
      "multipart/form-data; boundary=XX; boundary=YY",
      "multipart/form-data; boundary=XX; boundary*=utf-8''YY",
      "multipart/form-data; boundary*0=X; boundary*1=X",
      'multipart/form-data; boundary="X\\X"',
      'multipart/form-data; boundary="XX',
      "multipart/form-data; boundary=XX; =",
      `multipart/form-data; boundary=${"X".repeat(71)}`,
    ];
    for (const type of types) expect(model(form([PLAIN, "v"]), type), type).toBe(NO_FORM);
  });

  it("and no body traps, whatever is cut or changed", () => {
    const random = seeded(3);
    const good = Buffer.from(
      form(["Content-Type: a", "x"], [PLAIN, "v"], [`${PLAIN}; a="b\\"c"`, "w"]),
    );
    expect(model(good)).toBe("2|v");
    const alphabet = Buffer.from('\r\n-X;="\\*: a\u0000');
    for (let i = 0; i < 5000; i++) {
      const body = Buffer.from(
        good.subarray(
          random(3) ? 0 : random(good.length),
          good.length - (random(3) ? 0 : random(40)),
        ),
      );
      for (let n = random(4); n >= 0 && body.length > 0; n--) {
        body[random(body.length)] = alphabet[random(alphabet.length)]!;
      }
      expect(model(body)).toMatch(/^(-1|\d+)\|/s);
    }
  });
});
