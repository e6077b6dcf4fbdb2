import { JsonValue, listOf, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Image } from "../image";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { ImageGeneration, memberOf } from "./image-generation";
import { CHOICES, CONTENT, INPUT, MESSAGE, MESSAGES, TEXT, URL } from "../words";

const OUTPUT: Slice = bytes("output");
const EDGE: Slice = bytes("reference_edge");
const IMAGE: Slice = bytes("image");
const RESULTS: Slice = bytes("results");
const PNG: Slice = bytes("png_url");
const SVG: Slice = bytes("svg_url");

/** Members of `input`, in the order in which the peer reads them; some before, some behind edges. */
const PROMPTS: Slice[] = [bytes("prompt"), bytes("ref_prompt")];
const MORE_PROMPTS: Slice[] = [TEXT, bytes("negative_prompt")];
/** `base_image_url` stands twice there, and the peer judges it twice. */
const IMAGES: Slice[] = [
  bytes("image_url"),
  bytes("base_image_url"),
  bytes("mask_image_url"),
  bytes("sketch_image_url"),
  bytes("template_image_url"),
  bytes("shoe_image_url"),
  bytes("base_image_url"),
  bytes("ref_image_url"),
  bytes("mask_url"),
  bytes("foreground_url"),
  bytes("person_image_url"),
  bytes("top_garment_url"),
  bytes("bottom_garment_url"),
  bytes("coarse_image_url"),
  bytes("template_url"),
];
const IMAGE_LISTS: Slice[] = [bytes("images")];
const MORE_IMAGE_LISTS: Slice[] = [bytes("user_urls")];

/** Members of `input.reference_edge`. */
const EDGE_PROMPTS: Slice[] = [bytes("foreground_edge_prompt"), bytes("background_edge_prompt")];
const EDGE_IMAGES: Slice[] = [bytes("foreground_edge"), bytes("background_edge")];

/** Members of `output`: single images before and behind the lists. */
const MADE: Slice[] = [bytes("image_url"), bytes("output_image_url"), bytes("result_url")];
const MADE_LISTS: Slice[] = [bytes("render_urls"), bytes("bg_urls")];
const MORE_MADE: Slice[] = [bytes("output_vis_image_url")];

/** The API of Alibaba's Bailian: one shape for some twenty models. */
@final
export class QwenImages extends ImageGeneration {
  override readRequest(texts: Texts, _client: Client): void {
    const input = memberOf(texts.root, INPUT);
    const edge = memberOf(input, EDGE);
    const message = firstOf(input, MESSAGES);
    const content = memberOf(message, CONTENT);
    const parts = listOf(content);
    texts.noteTwins(input);
    texts.noteTwins(edge);
    texts.noteTwins(message);
    texts.noteTwins(content);
    takeTexts(texts, input, PROMPTS);
    takeTexts(texts, edge, EDGE_PROMPTS);
    takeTexts(texts, input, MORE_PROMPTS);
    for (let i = 0; i < parts.length; i++) takePart(texts, parts[i]);
    takeImages(texts, input, IMAGES);
    takeImages(texts, input, IMAGE_LISTS);
    takeImages(texts, edge, EDGE_IMAGES);
    takeImages(texts, input, MORE_IMAGE_LISTS);
  }

  override readResponse(texts: Texts, _client: Client): void {
    const output = memberOf(texts.root, OUTPUT);
    const results = listOf(memberOf(output, RESULTS));
    const message = memberOf(firstOf(output, CHOICES), MESSAGE);
    const parts = listOf(memberOf(message, CONTENT));
    for (let i = 0; i < results.length; i++) takeUrl(texts, results[i].get(URL));
    for (let i = 0; i < parts.length; i++) takeUrl(texts, parts[i].get(IMAGE));
    takeUrls(texts, output, MADE);
    takeUrls(texts, output, MADE_LISTS);
    takeUrls(texts, output, MORE_MADE);
    for (let i = 0; i < results.length; i++) {
      takeUrl(texts, results[i].get(PNG));
      takeUrl(texts, results[i].get(SVG));
    }
  }
}

/** Members that are texts or lists of them. */
function takeTexts(texts: Texts, object: JsonValue | null, keys: Slice[]): void {
  for (let i = 0; i < keys.length; i++) texts.takeAll(listOf(memberOf(object, keys[i])));
}

/** A text, or else an image. */
function takePart(texts: Texts, part: JsonValue): void {
  const text = part.get(TEXT);
  if (text !== null) texts.takeAll([text]);
  else texts.takeImage(Image.at(part.get(IMAGE)));
}

function takeImages(texts: Texts, object: JsonValue | null, keys: Slice[]): void {
  for (let i = 0; i < keys.length; i++) {
    const images = listOf(memberOf(object, keys[i]));
    for (let k = 0; k < images.length; k++) texts.takeImage(Image.at(images[k]));
  }
}

/** What an answer has is always a URL. */
function takeUrls(texts: Texts, object: JsonValue | null, keys: Slice[]): void {
  for (let i = 0; i < keys.length; i++) {
    const urls = listOf(memberOf(object, keys[i]));
    for (let k = 0; k < urls.length; k++) takeUrl(texts, urls[k]);
  }
}

function takeUrl(texts: Texts, url: JsonValue | null): void {
  texts.takeImage(new Image(textOf(url), false));
}

function firstOf(object: JsonValue | null, key: Slice): JsonValue | null {
  const list = memberOf(object, key);
  return list !== null ? list.item(0) : null;
}
