import { isValidJson } from "@ai-gateway-wasm/as-json";
import { isValidUtf8, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { replaceHeldBody } from "@ai-gateway-wasm/kit";
import { dataOf } from "@ai-gateway-wasm/sse";
import { requestBody, responseBody, Status } from "proxy-wasm-as";
import { SecurityConfig } from "./config";
import { ConsumerRules } from "./consumer-rules";
import { Examiner } from "./exam";
import { Image } from "./image";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { Verdict } from "./judge/verdict";
import { LocalRules } from "./local/local-rules";
import { showsPausedChunks } from "./paused-chunks";
import { Client } from "./refusal/client";
import { TextField } from "./text-field";
import { Texts } from "./texts";
import { withoutTokens } from "./tokens";
import { MARK } from "./words";

/**
 * What is refused with `onUnreadable: deny`: it is longer than what is held, or who reads the body may
 * read another text in it than we do. Of answers, which no stranger writes, only
 * what we cannot even look into.
 */
export function isUnreadableBody(
  config: SecurityConfig,
  phase: Phase,
  body: Slice,
  texts: Texts,
): bool {
  if (!config.deniesUnreadable) return false;
  if (<i64>body.length > config.maxBodyBytes || isWide(body) || texts.isCrowded) return true;
  if (phase == Phase.Response) return dataOf(body) !== null; // events that the media type hides
  if (!isDocument(body, texts)) return !body.isEmpty && !isWhole(texts);
  return texts.isAmbiguous || texts.haveTwins;
}

/**
 * All of it is JSON, in UTF-8 whatever its header says: brackets stand in forms, in uploads and behind documents, too. Where the last
 * chunk is hidden nobody can tell.
 */
function isDocument(body: Slice, texts: Texts): bool {
  if (texts.root === null || !isValidUtf8(body)) return false;
  const start = body.startsWith(MARK) ? MARK.length : 0;
  return isValidJson(body.sub(start)) || !showsPausedChunks();
}

/** The body itself is judged, whatever it is. */
function isWhole(texts: Texts): bool {
  return texts.fields.length > 0 && texts.fields[0].isWhole;
}

/** JSON in UTF-16 or UTF-32, told by its first bytes: some servers read it, we do not. */
function isWide(body: Slice): bool {
  const first = body.at(0);
  const second = body.at(1);
  const isMarked = (first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff);
  return first == 0 || second == 0 || isMarked;
}

/** What of a complete body is judged. @param client is told what a refusal must know */
export function readTexts(
  config: SecurityConfig,
  phase: Phase,
  body: Slice,
  client: Client,
): Texts {
  const texts = new Texts(body);
  const isRequest = phase == Phase.Request;
  texts.looksForTwins = isRequest && config.deniesUnreadable;
  if (isRequest) config.api.readRequest(texts, client);
  else config.api.readResponse(texts, client);
  return texts;
}

/**
 * The images that are judged, in memory of their own: of requests without a text all, whatever is
 * configured (content-security.md 3.2).
 */
export function keptImages(config: SecurityConfig, phase: Phase, texts: Texts): Image[] {
  const images: Image[] = [];
  const isAsked = phase == Phase.Response || config.checksImages || texts.isEmpty;
  if (!config.needs.images || !isAsked) return images;
  for (let i = 0; i < texts.images.length; i++) images.push(texts.images[i].kept());
  return images;
}

/** Tells what the cloud calls the services for this consumer. */
export function nameServices(
  rules: ConsumerRules,
  examiner: Examiner,
  consumer: Slice,
  phase: Phase,
): void {
  examiner.service = rules.serviceOf(consumer, phase, false);
  examiner.imageService = rules.serviceOf(consumer, phase, true);
}

/**
 * What a tool is called with stays JSON: its texts and numbers are masked each for itself.
 *
 * @param masked where it was none before
 */
function maskInside(
  rules: LocalRules,
  phase: Phase,
  field: TextField,
  examiner: Examiner,
  masked: Slice,
): Slice {
  const texts = new Texts(field.text);
  const root = texts.root;
  if (root === null || !texts.isJson) return masked;
  texts.takeLeaves(root, field.role, NO_BYTES);
  if (applyRules(rules, phase, texts, examiner) !== null) return masked;
  const edited = texts.edit(field.text);
  return edited === null ? masked : edited;
}

/** Masks what the local rules mask. @returns what they refuse; null: nothing */
export function applyRules(
  rules: LocalRules | null,
  phase: Phase,
  texts: Texts,
  examiner: Examiner,
): Judgement | null {
  if (rules === null) return null;
  for (let i = 0; i < texts.fields.length; i++) {
    rules.foresee(texts.fields[i].text, phase, examiner.memory);
  }
  for (let i = 0; i < texts.fields.length; i++) {
    const field = texts.fields[i];
    const outcome = rules.examine(
      field.text,
      phase,
      field.role,
      examiner.memory,
      field.isJson,
      field.isCall,
    );
    examiner.ledger.audit.noteRules(outcome.logged);
    if (outcome.judgement !== null) return outcome.judgement;
    const changed = outcome.text;
    field.changed =
      changed === null || !field.isCall || isValidJson(changed)
        ? changed
        : maskInside(rules, phase, field, examiner, changed);
    field.shown = outcome.shown;
    field.isMasked = outcome.verdict == Verdict.Mask;
  }
  return null;
}

/** Puts the changed texts in their places of the body that is held. @returns false: that cannot be done */
export function placeTexts(phase: Phase, texts: Texts): bool {
  const isRequest = phase == Phase.Request;
  const body = isRequest ? requestBody.readAll() : responseBody.readAll();
  if (body === null) return false;
  const edited = texts.edit(body);
  if (edited === null) return false;
  if (isRequest) return replaceHeldBody(body, body.length, edited);
  return responseBody.replace(withoutTokens(edited)) == Status.Ok;
}
