import { integerOf, JsonValue, numberOf, stringOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Place } from "../place";
import { Neighbour, Neighbours, NO_TIME } from "./neighbour";

/** Where a result of a database has what. */
@final
export class ResultLayout {
  private readonly text: Place;
  private readonly score: Place;
  private readonly answer: Place;
  private readonly createdAt: Place;

  /** @param name of the database in the peer's messages; empty: it says "no query results" */
  constructor(
    private readonly name: string,
    text: string,
    score: string,
    answer: string,
    createdAt: string,
    /** A result without a question is one, too. */
    private readonly allowsNoText: bool = false,
  ) {
    this.text = new Place(text);
    this.score = new Place(score);
    this.answer = new Place(answer);
    this.createdAt = new Place(createdAt);
  }

  /** The results in an array; none in anything else. */
  read(results: JsonValue | null): Neighbours {
    const neighbours = new Neighbours();
    if (results === null || !results.isArray) return neighbours;
    const cursor = results.entries();
    while (!neighbours.isFull && cursor.next()) this.add(cursor.value, neighbours);
    return neighbours;
  }

  private add(result: JsonValue, to: Neighbours): void {
    const score = scoreOf(this.score.read(result));
    if (isNaN(score)) return to.addBroken(this.missing("distance"));
    const text = this.text.read(result);
    if (!isText(text) && !(text === null && this.allowsNoText)) {
      return to.addBroken(this.missing("question"));
    }
    const answer = this.answer.read(result);
    if (!isText(answer)) return to.addBroken(this.missing("answer"));
    const neighbour = new Neighbour(textOrNone(text), score, textOrNone(answer));
    neighbour.createdAt = secondsOf(this.createdAt.read(result));
    to.add(neighbour);
  }

  private missing(what: string): string {
    if (this.name.length == 0) return NO_RESULTS;
    return "[" + this.name + "] No " + what + " found in response body";
  }
}

/** What the peer says when there is nothing near. */
export const NO_RESULTS: string = "no query results found in response";

/** A finite number; NaN for all else. */
export function scoreOf(value: JsonValue | null): f64 {
  if (value === null || !value.isNumber) return NaN;
  const score = numberOf(value);
  return isFinite(score) ? score : NaN;
}

/** A string, or null as databases say it for a text that was never stored. */
export function isText(value: JsonValue | null): bool {
  return value !== null && (value.isString || value.isNull);
}

/** The text of a string; no bytes for all else. */
export function textOrNone(value: JsonValue | null): Slice {
  return value === null ? NO_BYTES : stringOf(value);
}

/** A time as a number or its digits, in seconds or milliseconds since 1970; all else is not known. */
export function secondsOf(value: JsonValue | null): i64 {
  if (value === null || (!value.isNumber && !value.isString)) return NO_TIME;
  const time = integerOf(value);
  return time > LATEST_SECONDS ? time / 1000 : max(NO_TIME, time);
}

/** In seconds the year 5138, in milliseconds 1973. */
const LATEST_SECONDS: i64 = 100_000_000_000;
