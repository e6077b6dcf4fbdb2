import { Slice } from "@ai-gateway-wasm/bytes";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { Api, Taking } from "./api";
import { ApiType } from "./type";

/** An API that nobody knows: nothing of it is judged, as in the peer (content-security.md 2.2). */
@final
export class NoApi extends Api {
  override get type(): ApiType {
    return ApiType.Unknown;
  }

  override taking(_isOk: bool, _type: Slice): Taking {
    return Taking.Pass;
  }

  override readRequest(_texts: Texts, _client: Client): void {}

  override readResponse(_texts: Texts, _client: Client): void {}
}
