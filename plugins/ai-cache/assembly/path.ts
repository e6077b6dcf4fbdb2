import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";

// The path of a request; to be asked for while its headers are loaded.

const PATH: Slice = bytes(":path");
const QUERY: u8 = 0x3f;
const SLASH: i32 = 0x2f;
/** What stands before the name of a model: with Azure, Gemini and Bedrock. */
const OWNERS: Slice[] = [bytes("/deployments/"), bytes("/models/"), bytes("/model/")];

/** Without its query, and without slashes at its end; null: there is none. */
export function plainPath(): Slice | null {
  const path = requestHeaders.get(PATH);
  if (path === null) return null;
  const query = path.indexOf(QUERY);
  let end = query < 0 ? path.length : query;
  while (end > 0 && path.at(end - 1) == SLASH) end--;
  return path.sub(0, end);
}

/** The same where it is the path that names the model. */
export function pathWithModel(): Slice | null {
  const path = plainPath();
  for (let i = 0; path !== null && i < OWNERS.length; i++) {
    if (path.find(OWNERS[i]) >= 0) return path;
  }
  return null;
}
