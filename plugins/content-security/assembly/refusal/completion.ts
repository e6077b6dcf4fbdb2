import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { wallClockSeconds } from "proxy-wasm-as";

/** Of whom the refusals are. */
export const MODEL: string = "from-security-guard";

/** The end of a completion. */
export const NO_USAGE: Slice = bytes(
  ',"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}',
);

/** A completion up to its first choice: the same in all chunks of a stream. */
export function completionHead(id: Slice, object: string): Slice {
  const out = new Builder(160).appendText('{"id":"').append(id).appendText('","object":"');
  out
    .appendText(object)
    .appendText('","created":')
    .appendInteger(<i64>wallClockSeconds());
  return appendModel(out);
}

/** The same as version 1.0 of ai-security-guard had it (content-security.md 12). */
export function oldCompletionHead(id: Slice, object: string, space: string): Slice {
  const out = new Builder(160).appendText('{"id":').appendText(space).appendText('"').append(id);
  return appendModel(out.appendText('","object":"').appendText(object).appendText('"'));
}

function appendModel(out: Builder): Slice {
  out.appendText(',"model":"').appendText(MODEL);
  return out.appendText('","choices":[{"index":0,').toSlice();
}
