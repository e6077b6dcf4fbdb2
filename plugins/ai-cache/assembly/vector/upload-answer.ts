import { integerOf, JsonValue, parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse } from "proxy-wasm-as";

const CODE: Slice = bytes("code");
/** Of older Milvus. */
const OK: i64 = 200;

/**
 * Why a vector database has not done what it was told; empty: it has. Milvus and DashVector answer 200
 * whatever happens, and say in the body what did: `{"code":1100,"message":…}`.
 */
export function refusalOf(response: HttpCallResponse): string {
  const status = response.status;
  if (status < 200 || status > 299) return "status " + decimal(status);
  const answer = parseJson(response.body());
  const code: JsonValue | null = answer === null ? null : answer.get(CODE);
  if (code === null || !code.isNumber) return "";
  const number = integerOf(code);
  return number == 0 || number == OK ? "" : "code " + decimal(number);
}
