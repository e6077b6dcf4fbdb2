import { JsonPath } from "@ai-gateway-wasm/as-json";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Client } from "../refusal/client";
import { Scope } from "../scope";
import { Texts } from "../texts";
import { DollarPath } from "./dollar-path";
import { compileDollarPath } from "./dollar-path-compiler";

const PATHS: string = "deny_jsonpath";

/** Which texts of a body ai-data-masking looks at (content-security.md 2.6, 3.6). */
@final
export class MaskingTexts {
  constructor(
    private readonly takesChats: bool,
    private readonly paths: DollarPath[],
    private readonly takesWhole: bool,
  ) {}

  /** A chat's messages; else what the paths name in JSON; else all of the body. */
  takeRequest(texts: Texts, client: Client): void {
    client.isChat = texts.isChat && this.mayTakeChat(texts);
    if (client.isChat) texts.takeMessages(Scope.All);
    else if (this.paths.length > 0 && texts.isJson) this.takeNamed(texts);
    else if (this.takesWhole) texts.takeWhole();
  }

  /** What the choices say, or what is at a path; else all of the body. */
  takeAnswer(texts: Texts, paths: JsonPath[]): void {
    const mayTakeChat = this.mayTakeChat(texts);
    if (mayTakeChat) texts.takeAnswer();
    if (mayTakeChat) texts.takeFirst(paths);
    if (texts.isEmpty && this.takesWhole) texts.takeWhole();
  }

  /** Where whole bodies are looked into, nothing can hide beside a chat. */
  private mayTakeChat(texts: Texts): bool {
    return this.takesChats && (!this.takesWhole || texts.isJson);
  }

  private takeNamed(texts: Texts): void {
    for (let i = 0; i < this.paths.length; i++) texts.takeStrings(this.paths[i]);
    texts.order();
  }
}

export function readMaskingTexts(config: ConfigReader): MaskingTexts {
  const paths: DollarPath[] = [];
  const texts = config.texts(PATHS);
  for (let i = 0; i < texts.length; i++) {
    if (texts[i].isEmpty) continue;
    const path = compileDollarPath(texts[i]);
    if (path !== null) paths.push(path);
    else config.refuseWith("jsonpath error value " + texts[i].toString());
  }
  return new MaskingTexts(config.flag("deny_openai", true), paths, config.flag("deny_raw"));
}
