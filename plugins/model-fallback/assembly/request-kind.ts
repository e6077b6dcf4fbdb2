import { bytes, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { isEncoded, isWebSocket } from "@ai-gateway-wasm/kit";
import { PathSuffixes } from "@ai-gateway-wasm/llm/model";
import { requestHeaders } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE, PATH } from "./names";

/** Jobs that are begun, from files that are there. */
const JOBS: Slice = bytes("/fine_tuning/");

/** The running request begins a job, which two targets must not do. `load` its headers before. */
export function isJob(): bool {
  const path = requestHeaders.get(PATH);
  return path !== null && path.find(JOBS) >= 0;
}

/** The running request has a JSON body of an API that is watched. `load` its headers before. */
export function isWatched(paths: PathSuffixes): bool {
  const path = requestHeaders.get(PATH);
  if (path === null || !paths.matches(path)) return false;
  const type = requestHeaders.get(CONTENT_TYPE);
  if (type === null || lowerCase(type).find(JSON_TYPE) < 0) return false;
  return !isWebSocket() && !isEncoded(requestHeaders);
}
