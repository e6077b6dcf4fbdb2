import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { ResponseUsage, TokenWeights } from "@ai-gateway-wasm/llm";
import { answer, argument } from "../../json/driver/frame";
import { Chunks } from "./chunks";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/*
 * Arguments: content type (empty: none), body, cuts (see chunks.ts). Answers the usage as JSON.
 */

/** Reads a body to its end. */
export function read(countsContent: i32): void {
  const usage = start(countsContent != 0);
  usage.end();
  usage.end(); // changes nothing
  report(usage);
}

/** Reads a body that goes on where we stop: nothing says that it has ended. */
export function readUnended(): void {
  report(start(false));
}

/**
 * Reads a body while others come and go: around each chunk a JSON answer, argument 3, of which one
 * half comes before the chunk and one behind it. Traps when one of those says nothing.
 */
export function readAmongOthers(): void {
  const type = argument(0);
  const usage = new ResponseUsage(type.isEmpty ? null : type);
  const chunks = new Chunks(argument(1), argument(2));
  const other = argument(3);
  const half = other.length >> 1;
  while (true) {
    const chunk = chunks.next();
    if (chunk === null) break;
    const neighbour = new ResponseUsage(null, false, false);
    neighbour.feed(other.sub(0, half));
    usage.feed(chunk);
    neighbour.feed(other.sub(half));
    neighbour.end();
    if (neighbour.usage.charged != 77 || !neighbour.usage.model.isEmpty) unreachable();
  }
  usage.end();
  report(usage);
}

/** The weighted sum, weights in millionths. */
export function weigh(input: i32, cached: i32, creation: i32, output: i32, reasoning: i32): void {
  const usage = start(false);
  usage.end();
  const weights = new TokenWeights(
    <f64>input / 1e6,
    <f64>cached / 1e6,
    <f64>creation / 1e6,
    <f64>output / 1e6,
    <f64>reasoning / 1e6,
  );
  const out = new JsonWriter();
  out.integer(weights.weigh(usage.usage));
  answer(out.toSlice());
}

function start(countsContent: bool): ResponseUsage {
  const type = argument(0);
  const usage = new ResponseUsage(type.isEmpty ? null : type, countsContent);
  const chunks = new Chunks(argument(1), argument(2));
  while (true) {
    const chunk = chunks.next();
    if (chunk === null) return usage;
    usage.feed(chunk);
  }
}

function report(response: ResponseUsage): void {
  const usage = response.usage;
  const out = new JsonWriter();
  out.openObject();
  out.key("seen").boolean(response.seen);
  text(out, "model", usage.model);
  text(out, "chatId", usage.chatId);
  number(out, "input", usage.input);
  number(out, "output", usage.output);
  number(out, "total", usage.total);
  number(out, "charged", usage.charged);
  number(out, "billed", usage.billed);
  number(out, "cachedInput", usage.cachedInput);
  number(out, "cacheCreation", usage.cacheCreation);
  number(out, "cacheRead", usage.cacheRead);
  number(out, "toolUsePrompt", usage.toolUsePrompt);
  number(out, "reasoning", usage.reasoning);
  number(out, "thoughts", usage.thoughts);
  text(out, "inputDetails", usage.inputDetails);
  text(out, "outputDetails", usage.outputDetails);
  number(out, "dropped", response.dropped);
  number(out, "bodyBytes", response.bodyBytes);
  number(out, "contentBytes", response.contentBytes);
  out.closeObject();
  answer(out.toSlice());
}

function text(out: JsonWriter, name: string, value: Slice): void {
  if (!value.isEmpty) out.key(name).text(value);
}

function number(out: JsonWriter, name: string, value: i64): void {
  if (value != 0) out.key(name).integer(value);
}
