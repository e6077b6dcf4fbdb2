import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { readPath, readService, Service } from "../service";

const KEY_HEADER: Slice = bytes("ocp-apim-subscription-key");
const PREFIX: string = "/contentsafety";
const VERSION: Slice = bytes("2024-09-01");
/** Code points of a text. */
const MAX_CHARS: i32 = 10000;

/** What the services of one resource have in common. */
@final
export class AzureResource {
  readonly service: Service;
  private readonly prefix: Slice;
  private readonly version: Slice;

  constructor(config: ConfigReader) {
    const service = readService(config, NO_BYTES, MAX_CHARS);
    service.authorize(config, KEY_HEADER);
    this.service = service;
    this.prefix = readPath(config, PREFIX);
    this.version = config.text("apiVersion", VERSION);
  }

  post(operation: string, body: JsonWriter): HttpRequest {
    const path = new Builder().append(this.prefix).appendText(operation);
    path.appendText("?api-version=").append(this.version);
    return this.service.post(path.view(), body.toSlice());
  }
}
