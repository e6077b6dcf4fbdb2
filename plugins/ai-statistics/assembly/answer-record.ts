import { Answer } from "./answer";
import { Phase } from "./attribute";
import { StatisticsConfig } from "./config";
import { Tally } from "./counting";
import { LogRecord } from "./log-record";
import {
  CHAT_ID,
  FIRST_TOKEN_DURATION,
  INPUT_DETAILS,
  INPUT_TOKEN,
  MODEL,
  NORMAL,
  OUTPUT_DETAILS,
  OUTPUT_TOKEN,
  RESPONSE_TYPE,
  SERVICE_DURATION,
  STREAM,
  TOTAL_TOKEN,
} from "./names";

/** Takes an answer down; attributes come last and may write over what usage says. */
export function recordAnswer(
  record: LogRecord,
  config: StatisticsConfig,
  tally: Tally,
  answer: Answer,
): void {
  record.setText(RESPONSE_TYPE, tally.isStream ? STREAM : NORMAL);
  const id = answer.chatId;
  if (id !== null) record.setText(CHAT_ID, id);
  if (tally.firstTokenMs >= 0) record.setInteger(FIRST_TOKEN_DURATION, tally.firstTokenMs);
  record.setInteger(SERVICE_DURATION, tally.serviceMs);
  const usage = answer.usage;
  if (usage.seen) {
    record.setText(MODEL, usage.model);
    record.setInteger(INPUT_TOKEN, usage.input);
    record.setInteger(OUTPUT_TOKEN, usage.output);
    record.setInteger(TOTAL_TOKEN, usage.total);
    record.setJson(INPUT_DETAILS, usage.inputDetails.toJson());
    record.setJson(OUTPUT_DETAILS, usage.outputDetails.toJson());
  }
  const phase = tally.isStream ? Phase.Events : Phase.ResponseBody;
  if (!config.reads(phase)) return;
  const attributes = config.attributes;
  for (let i = 0; i < attributes.length; i++) {
    if (attributes[i].isReadIn(phase)) record.put(attributes[i], answer.find(attributes[i], i));
  }
}
