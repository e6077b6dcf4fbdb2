import { JsonValue, parseJson } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigErrors, ConfigReader } from "@ai-gateway-wasm/kit";
import { readLocalRules } from "@ai-gateway-wasm/content-security/assembly/local/local-config";
import { LocalRules } from "@ai-gateway-wasm/content-security/assembly/local/local-rules";
import { LocalStream } from "@ai-gateway-wasm/content-security/assembly/local/local-stream";
import { Memory } from "@ai-gateway-wasm/content-security/assembly/local/memory";
import { Judgement } from "@ai-gateway-wasm/content-security/assembly/judge/judgement";
import { answer, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

let rules: LocalRules | null = null;
const SECRET: Slice = bytes("0123456789abcdef");
let remembered: Memory = new Memory(SECRET);

/** Reads the configuration in argument 0; answers why it is refused. */
export function configure(): void {
  const document = parseJson(argument(0));
  const errors = new ConfigErrors();
  if (document === null) return answerText("no JSON");
  rules = readLocalRules(new ConfigReader(document as JsonValue, errors));
  if (errors.any) answerText(errors.message);
  else if (rules === null) answerText("no rules");
}

/** Bytes of the word lists, and pages of memory. */
export function weigh(): void {
  __collect();
  const local = rules;
  if (local !== null) answerText(local.bytes.toString() + " " + memory.size().toString());
}

/** What the rules do at all: judges, masks by phase, and restores, as digits. */
export function abilities(): void {
  const local = rules;
  if (local === null) return;
  for (let phase = 0; phase < 2; phase++) {
    answerText(local.judges(phase) ? "j" : "-");
    answerText(local.masks(phase) ? "m" : "-");
  }
  answerText(local.needs(1) ? "r" : "-");
}

/** A new request begins. */
export function begin(): void {
  remembered = new Memory(SECRET);
}

let isJson: bool = false;

/** The texts that follow are JSON, or not. */
export function expectJson(yes: bool): void {
  isJson = yes;
}

/** Judges argument 1 as a text of the role in argument 0: verdict, what is logged, the new text. */
export function examine(phase: i32): void {
  const local = rules;
  if (local === null) return;
  const text = argument(1);
  local.foresee(text, phase, remembered);
  const outcome = local.examine(text, phase, argument(0), remembered, isJson);
  answerText((<i32>outcome.verdict).toString());
  answerNotes(outcome.judgement, outcome.logged);
  const masked = outcome.text;
  answer(masked === null ? text : masked);
}

/** The same as a stream whose pieces are the arguments behind the role. */
export function stream(phase: i32, pieces: i32): void {
  const local = rules;
  if (local === null) return;
  const out = new Builder();
  const stream = local.stream(phase, argument(0), remembered, isJson);
  const ends: i32[] = [];
  let sent = 0;
  let end = 0;
  for (let i = 1; i <= pieces; i++) {
    const piece = argument(i);
    stream.feed(piece);
    end += piece.length;
    ends.push(end);
    sent = send(stream, ends, sent, out);
  }
  stream.finish();
  send(stream, ends, sent, out);
  const judgement = stream.judgement;
  const verdict = judgement !== null ? "2" : stream.isMasked ? "1" : "0";
  answerText(verdict);
  answerNotes(judgement, stream.logged);
  answer(out.view());
}

/** How many bytes are held back after each piece. */
export function held(phase: i32, pieces: i32): void {
  const local = rules;
  if (local === null) return;
  const stream = local.stream(phase, NO_BYTES, remembered);
  let end = 0;
  for (let i = 1; i <= pieces; i++) {
    stream.feed(argument(i));
    end += argument(i).length;
    answerText((end - stream.settled).toString() + " ");
  }
}

/** Argument 0 with what was masked put back. */
export function restore(): void {
  answer(remembered.restore(argument(0)));
}

/** Sends the pieces that may go; answers how many went. */
function send(stream: LocalStream, ends: i32[], sent: i32, out: Builder): i32 {
  while (sent < ends.length && ends[sent] <= stream.settled) {
    const piece = argument(sent + 1);
    const rewritten = stream.rewrite(piece, ends[sent] - piece.length);
    out.append(rewritten === null ? piece : rewritten);
    sent++;
  }
  return sent;
}

function answerNotes(judgement: Judgement | null, logged: Slice[]): void {
  if (judgement !== null) {
    const finding = judgement.findings[0];
    answerText("!");
    answer(judgement.label);
    answerText(",");
    answer(finding.type);
    answerText(",");
    answer(finding.level);
  }
  for (let i = 0; i < logged.length; i++) {
    answerText("+");
    answer(logged[i]);
  }
  answerText("|");
}
