import { integerOf, JsonValue, JsonWriter, stringOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { encodeBase64 } from "@ai-gateway-wasm/store/assembly/remote/base64";
import { wallClockSeconds } from "proxy-wasm-as";
import { decodeBase64 } from "../base64";
import { readJsonService, requireText } from "../json-service";
import { Place } from "../place";
import { EmbeddingService } from "./embedding-service";
import { readPath } from "./endpoint";
import { floatsToJson } from "./float-array";
import { httpDate } from "./http-date";
import { signedQuery, XfyunKey } from "./xfyun-signature";

const HOST: Slice = bytes("emb-cn-huabei-1.xf-yun.com");
const PATH: Slice = bytes("/");
const QUESTION_MARK: u8 = 0x3f;
const CODE: Place = new Place("header.code");
const VECTOR: Place = new Place("payload.feature.text");

/** The embeddings of iFLYTEK: calls are signed in their query, vectors come as floats in base64. */
@final
export class Xfyun extends EmbeddingService {
  private readonly appId: Slice;
  private readonly key: XfyunKey;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[Xfyun] apiKey is required");
    requireText(config, "appId", "[Xfyun] appId is required");
    requireText(config, "apiSecret", "[Xfyun] apiSecret is required");
    super(readJsonService(config, HOST).jsonHeader());
    this.appId = config.text("appId");
    this.key = new XfyunKey(config.text("apiKey"), config.text("apiSecret"));
    this.path = readPath(config, PATH);
    if (this.path.indexOf(QUESTION_MARK) >= 0) config.refuse("path", "must be without a query");
  }

  override ask(text: Slice): HttpRequest {
    const query = signedQuery(
      this.key,
      this.service.cluster.host,
      this.path,
      httpDate(wallClockSeconds()),
    );
    const path = new Builder(512).append(this.path).appendByte(QUESTION_MARK).append(query);
    return this.service.post(path.view(), this.body(text));
  }

  /** An error has status 200, too, and a code of its own. */
  protected override find(answer: JsonValue): Slice | null {
    const code = CODE.read(answer);
    if (code !== null && integerOf(code) != 0) return null;
    const text = VECTOR.read(answer);
    if (text === null) return null;
    const data = decodeBase64(stringOf(text));
    if (data === null) return null;
    return floatsToJson(data);
  }

  private body(text: Slice): Slice {
    const json = new JsonWriter().openObject();
    json.key("header").openObject().key("app_id").text(this.appId);
    json.key("status").integer(3).closeObject();
    json.key("parameter").openObject().key("emb").openObject().key("domain").string("query");
    json.key("feature").openObject().key("encoding").string("utf8").closeObject();
    json.closeObject().closeObject();
    json.key("payload").openObject().key("messages").openObject();
    json
      .key("text")
      .text(encodeBase64(messageOf(text)))
      .closeObject()
      .closeObject();
    return json.closeObject().toSlice();
  }
}

function messageOf(text: Slice): Slice {
  const json = new JsonWriter().openObject().key("messages").openArray();
  json.openObject().key("content").text(text).key("role").string("user").closeObject();
  return json.closeArray().closeObject().toSlice();
}
