import { parseResp, redis, upstream, type Upstream } from "proxy-wasm-test";
import { answerOf, wordsOf, type RestDialect } from "./rest-dialects.js";

/** An HTTP front of a Redis in memory that goes by the gateway's clock; for `clusters`. */
export function memoryRest(dialect: RestDialect): Upstream {
  const { memory } = redis();
  return upstream().handle((request) => {
    const words = wordsOf(dialect, request.body).map((word) => word.toString("latin1"));
    const reply = parseResp(memory.run(words, request.at));
    if (!reply) throw new Error("no answer");
    const { status, body } = answerOf(dialect, words[0] ?? "", reply.value);
    return { status, json: body };
  });
}
