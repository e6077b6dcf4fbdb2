/** A body has to fit into this to be seen by a plugin, in bytes. */
export const BUFFER_LIMIT = 10 * 1024 * 1024;

/** A line of the access log, as Envoy writes it: what is not known is null. */
export interface AuditLine {
  time: string;
  id: string | null;
  method: string | null;
  path: string | null;
  consumer: string | null;
  /** The variant of a split that it got, as model-router says. */
  variant: string | null;
  /** The target that answered, as model-fallback says. */
  target: string | null;
  /** 0: the client left before there was an answer. */
  status: number;
  details: string | null;
  flags: string | null;
  /** Milliseconds from the first byte of the request to the last one of the answer. */
  duration: number | null;
  /** Microseconds from the model's first byte to the client's first byte. */
  answerUs: number | null;
  /** Microseconds since 1970 at which the request came to each plugin, and to the router at the end. */
  reached: (string | null)[];
  /** What the plugins say of it, as the inside of a JSON string. */
  ai_log: string | null;
}

/** @throws SyntaxError when it is no line of this log */
export function readAuditLine(line: string): AuditLine {
  return JSON.parse(line) as AuditLine;
}

/** What the plugins wrote; empty when none wrote anything. */
export function attributesOf({ ai_log }: Pick<AuditLine, "ai_log">): Record<string, unknown> {
  if (ai_log === null) return {};
  return JSON.parse(JSON.parse(`"${ai_log}"`) as string) as Record<string, unknown>;
}

/** Envoy's access log: one JSON object per request, written when the request is over. */
export function auditLog(path: string, plugins: number): object {
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
      path,
      log_format: { json_format: format(plugins) },
    },
  };
}

function format(plugins: number): Record<keyof AuditLine, string | string[]> {
  return {
    time: "%START_TIME%",
    id: "%REQ(X-REQUEST-ID)%",
    method: "%REQ(:METHOD)%",
    path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    consumer: "%REQ(X-MSE-CONSUMER)%",
    variant: "%REQ(X-MODEL-VARIANT)%",
    target: "%RESP(X-LLM-TARGET)%",
    status: "%RESPONSE_CODE%",
    details: "%RESPONSE_CODE_DETAILS%",
    flags: "%RESPONSE_FLAGS%",
    duration: "%DURATION%",
    answerUs: "%COMMON_DURATION(US_RX_BEG:DS_TX_BEG:us)%",
    reached: Array.from({ length: plugins + 1 }, (_, i) => `%FILTER_STATE(${stampKey(i)}:PLAIN)%`),
    ai_log: "%FILTER_STATE(wasm.ai_log:PLAIN)%",
  };
}

function stampKey(place: number): string {
  return `demo.reached.${place}`;
}

/**
 * Filters that note when a request comes by, with its whole body, on its way to the plugin in `place`.
 * Envoy does not measure its filters; the difference of two of these notes is what the plugin between
 * them took for headers and body, with whatever it waited for.
 */
export function stamp(place: number): object[] {
  return [whole(place), note(place)];
}

/** Waits for the end of the body: what the plugin before does with it is done by then. */
function whole(place: number): object {
  return {
    name: `demo.whole.${place}`,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
      max_request_bytes: BUFFER_LIMIT,
    },
  };
}

function note(place: number): object {
  return {
    name: stampKey(place),
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
      on_request_headers: [
        {
          object_key: stampKey(place),
          factory_key: "envoy.string",
          // The time of this moment, although meant for the end of requests.
          format_string: { text_format_source: { inline_string: "%EMIT_TIME(%s%6f)%" } },
        },
      ],
    },
  };
}
