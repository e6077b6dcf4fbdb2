/**
 * The reads of the JSON micro benchmark with json-as 1.6, as AssemblyScript source: it needs its
 * compiler transform, a class per document, well-formed input, and UTF-16. Kept as text because
 * json-as does not pass this repository's type checker.
 */
export const JSON_AS_SOURCE = `
import { JSON } from "json-as";

@json
class Usage {
  prompt_tokens: i32 = 0;
  completion_tokens: i32 = 0;
  total_tokens: i32 = 0;
}

@json
class Message {
  role: string = "";
  content: string = "";
}

@json
class Chat {
  model: string = "";
  messages: Message[] = [];
  usage: Usage = new Usage();
}

let document: StaticArray<u8> = new StaticArray<u8>(0);
let text: string = "";

export function reserve(size: i32): usize {
  document = new StaticArray<u8>(size);
  return changetype<usize>(document);
}

export function decode(): void {
  text = String.UTF8.decode(changetype<ArrayBuffer>(document));
}

function read(json: string): i32 {
  const chat = JSON.parse<Chat>(json);
  return chat.messages[chat.messages.length - 1].content.length + chat.usage.total_tokens;
}

export function parseBytes(): i32 {
  return read(String.UTF8.decode(changetype<ArrayBuffer>(document)));
}

export function parseText(): i32 {
  return read(text);
}

export function collect(): void {
  __collect();
}
`;
