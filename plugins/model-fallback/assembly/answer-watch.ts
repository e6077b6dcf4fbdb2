import { lowerCase } from "@ai-gateway-wasm/bytes";
import { responseHeaders } from "proxy-wasm-as";
import { FallbackConfig } from "./config";
import { StartJudge } from "./judge";
import { CONTENT_TYPE, EVENT_STREAM_TYPE } from "./names";
import { StreamEnd } from "./stream-end";

const NO_JUDGE: StartJudge | null = null;

/** What has to be looked at of the running answer, which is no failure by its status. */
@final
export class AnswerWatch {
  /** A rule about bodies decides: it is held until it is whole. Never a stream of 200, which streams. */
  readonly readsBody: bool;
  /** Of its beginning; null: it is not judged. */
  readonly judge: StartJudge | null;
  /** Of its end; null: it is not watched. */
  readonly end: StreamEnd | null;

  /** For an answer whose headers can be read, and whose body is not encoded. */
  constructor(config: FallbackConfig, status: i32) {
    const stream = config.stream;
    const isGood = status == 200;
    const type = isGood ? responseHeaders.get(CONTENT_TYPE) : null;
    const isStream = type !== null && lowerCase(type).startsWith(EVENT_STREAM_TYPE);
    this.readsBody = !isStream && config.errors.mayFailByBody(status);
    this.end = StreamEnd.of(isStream, stream);
    const looks = isStream ? stream.holdsFirstEvent : stream.judgesJson;
    const judges = isGood && looks && config.errors.onBadStart;
    this.judge = judges ? new StartJudge(isStream, stream, config.errors) : NO_JUDGE;
  }
}
