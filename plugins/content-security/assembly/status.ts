import { Outcome } from "./exam";
import { Phase } from "./judge/backend";

/** What the audit calls a phase whose text goes on (content-security.md 4.8). */
export function statusOf(phase: Phase, outcome: Outcome, isChanged: bool): string {
  const isRequest = phase == Phase.Request;
  if (outcome == Outcome.Failed) return isRequest ? "request error" : "response error";
  if (isChanged) return isRequest ? "request mask" : "response mask";
  return isRequest ? "request pass" : "response pass";
}

/** What it calls a phase that is refused. @param spellsRight without the peer's mistake */
export function deniedStatus(phase: Phase, spellsRight: bool): string {
  if (phase == Phase.Response) return "response deny";
  return spellsRight ? "request deny" : "reqeust deny";
}
