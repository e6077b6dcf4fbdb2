import { expect, test } from "vitest";
import { countingSteps } from "../../support/steps.js";
import { BareHost } from "./bare-host.js";

const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };

const host = new BareHost(countingSteps("build/envoy/ai-statistics.wasm"), {
  dialog_log: { enabled: true, max_question_bytes: 1_048_576 },
  max_request_body_bytes: 4_194_304,
});

/** The question as the dialogue log has it. */
function masked(question: string): string {
  const body = JSON.stringify({ messages: [{ role: "user", content: question }] });
  host.exchange(REQUEST, body, ANSWER, ["{}"]);
  const text = host.properties.get("ai_dialog") ?? "";
  return (JSON.parse(JSON.parse(`"${text}"`) as string) as { question: string }).question;
}

test.each([
  ["4111 1111 1111 1111.", "**** **** **** ****."],
  ["138 0013 8000 in 2026", "*** **** **** in 2026"],
  ["call +49 (30) 123 45 67 at 9", "call +** (**) *** ** ** at 9"],
  ["(555) 123-4567", "(***) ***-****"],
  ["tel=030/1234567", "tel=***/*******"],
  ["DE89 3704 0044 0532 0130 00, please", "**** **** **** **** **** **, please"],
  ["IBAN=GB29 NWBK 6016 1331 9268 19", "IBAN=**** **** **** **** **** **"],
  ["BE68539007547034", "****************"],
  ["11010519491231002X", "******************"],
  ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "*************/*******/******************"],
  ["AccountKey=Ab1/cD2+eF3gH4iJ5==", "**********=***/***+*********=="],
  ["api_key=9f8e7d6c5b4a39281706", "api_key=********************"],
  ["张三@example.com", "******@*******.***"],
  ["我的邮箱是jo@example.com谢谢", "我的邮箱是**@*******.***谢谢"],
  ["müller@example.com", "*******@*******.***"],
  ["jo@例子.公司", "**@******.******"],
  ["@jo@example.com", "@**@*******.***"],
  ["a/b=c+d@example.com", "*/*=*+*@*******.***"],
  ["+1 415\u2011555\u20110123.", "+* ****************."],
  ["06\u00a012\u202f34\u200956 78", "**************** **"],
  ["138 - 0013 - 8000", "*** - **** - ****"],
  ["138  0013\t8000", "***  ****\t****"],
  ["电话１３８００１３８０００。", `电话${"*".repeat(33)}。`],
])("%s", (text, expected) => {
  expect(masked(text)).toBe(expected);
});

test.each([
  [String.raw`{"text":"Call me:\n4155550123"}`, String.raw`{"text":"Call me:\n**********"}`],
  [String.raw`{"a":"\tjo@example.com\r"}`, String.raw`{"a":"\t**@*******.***\r"}`],
  [String.raw`"\\n4155550123\u003c5550123\u003e"`, String.raw`"\\n**********\u003c*******\u003e"`],
  [String.raw`"\\u00e9\u5f20jos\u00e9@example.com"`, '"é张*****@*******.***"'],
  [
    String.raw`"1\u2011415\u00a0555 0123 \uff11\uff12\uff13\uff14\uff15\uff16\uff17"`,
    `"${"*".repeat(12)} **** ${"*".repeat(21)}"`,
  ],
])("JSON stays JSON: %s", (text, expected) => {
  expect(masked(text)).toBe(expected);
});

test.each([
  "in 1999 and 2026 from 12 to 18",
  "12 345",
  "https://api.example.com/v1/chat/completions?page=2",
  "max_completion_tokens=1000",
  "AB12 then 2026",
  "@jo and jo@home",
  "第12章，共345页",
  "第１２章",
  "5 - 3 – 1",
  "12 - three - 345678",
  "1.5, 2.5, 3.5, 4.5",
])("stays: %s", (text) => {
  expect(masked(text)).toBe(text);
});

test("a number that a cut went through is hidden with all of its groups", () => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", {
    dialog_log: { enabled: true, max_answer_bytes: 20 },
  });
  const event = { choices: [{ delta: { content: `pay 4111 1${"x ".repeat(9)}1 11 to` } }] };
  const type = { ":status": "200", "content-type": "text/event-stream" };
  host.exchange(REQUEST, "{}", type, [`data: ${JSON.stringify(event)}\n\n`]);
  expect(host.properties.get("ai_dialog")).toContain(
    String.raw`\"answer\":\"pay **** * [truncated] `,
  );
});

test.each([
  "a@",
  "AB12 abcd ",
  "1 ",
  "(",
  "1 (",
  "@",
  "é",
  "张@",
  "a/",
  "1 - ",
  "１",
  " [truncated]",
  // Looked for anew from each piece to the end, it would be more than 10 000 steps a byte.
])("a megabyte of %j takes few steps a byte, as one of words does", (piece) => {
  const text = piece.repeat(1_000_000 / piece.length);
  const before = host.steps;
  masked(text);
  expect((host.steps - before) / Buffer.byteLength(text)).toBeLessThan(100);
});
