import { describe, expect, test } from "vitest";
import { chunk, head, lastChunk, MessageReader } from "../../envoy/http1.js";

/** Reads a message handed over whole and byte by byte; both must agree. */
function read(text: string, kind: "request" | "response" = "response", toHead = false) {
  const whole = new MessageReader(kind, toHead);
  whole.push(Buffer.from(text));
  const bytewise = new MessageReader(kind, toHead);
  for (const byte of Buffer.from(text)) bytewise.push(Buffer.from([byte]));
  const view = (reader: MessageReader) => ({
    start: reader.start,
    headers: reader.headers,
    body: reader.body.toString(),
    trailers: reader.trailers,
    complete: reader.complete,
    surplus: reader.surplus.toString(),
  });
  expect(view(bytewise)).toEqual(view(whole));
  return { ...view(whole), reader: whole };
}

describe("an HTTP/1.1 message", () => {
  test("ends at its content-length; what follows is surplus", () => {
    expect(read("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef", "request")).toMatchObject({
      start: "POST / HTTP/1.1",
      headers: [["Content-Length", "3"]],
      body: "abc",
      complete: true,
      surplus: "def",
    });
  });

  test("is not complete before its content-length", () => {
    expect(read("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab")).toMatchObject({
      body: "ab",
      complete: false,
      surplus: "",
    });
  });

  test("may be chunked, with trailers", () => {
    const text =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: 1\r\n\r\nmore";
    expect(read(text)).toMatchObject({
      body: "abc0123456789",
      trailers: [["t", "1"]],
      complete: true,
      surplus: "more",
    });
  });

  test("has no body without framing, if it is a request", () => {
    expect(read("GET / HTTP/1.1\r\n\r\n", "request")).toMatchObject({ body: "", complete: true });
  });

  test("ends with the connection without framing, if it is an answer", () => {
    const { reader } = read("HTTP/1.1 200 OK\r\n\r\nabc");
    expect(reader.complete).toBe(false);
    reader.close();
    expect(reader.complete).toBe(true);
    expect(reader.body.toString()).toBe("abc");
  });

  test.each([
    ["204", false],
    ["304", false],
    ["200", true],
  ])("with status %s has no body (answer to HEAD: %s)", (status, toHead) => {
    const length = status === "204" ? "" : "content-length: 5\r\n";
    const text = `HTTP/1.1 ${status} X\r\n${length}\r\n`;
    expect(read(text, "response", toHead)).toMatchObject({ body: "", complete: true });
  });

  test("may follow an interim answer", () => {
    const text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
    expect(read(text)).toMatchObject({ start: "HTTP/1.1 200 OK", body: "x", complete: true });
  });

  test("that was written is read again", () => {
    const bytes = Buffer.concat([
      head("HTTP/1.1 200 -", [["transfer-encoding", "chunked"]]),
      chunk(Buffer.from("é")),
      lastChunk([["t", "1"]]),
    ]);
    expect(read(bytes.toString())).toMatchObject({
      body: "é",
      trailers: [["t", "1"]],
      complete: true,
    });
  });
});
