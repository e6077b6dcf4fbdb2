import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { JSON_TYPE, Reply } from "@ai-gateway-wasm/llm/refusal";

// What the client gets instead of the upstream's answer (token-quota.md 4.2).

const PLAIN: Slice = bytes("text/plain");

const NO_KEY: Slice = bytes("ai-quota.no_key");
const UNAUTHORIZED: Slice = bytes("ai-quota.unauthorized");
const NO_QUOTA: Slice = bytes("ai-quota.noquota");
const ERROR: Slice = bytes("ai-quota.error");
const QUERY: Slice = bytes("ai-quota.queryquota");
const REFRESH: Slice = bytes("ai-quota.refreshquota");
const DELTA: Slice = bytes("ai-quota.deltaquota");
const DELETE: Slice = bytes("ai-quota.deletequota");
const REPORT: Slice = bytes("ai-quota.reportquota");

const NO_KEY_TEXT: Slice = bytes(
  "Request denied by ai quota check. No Key Authentication information found.",
);
const CONSUMER_TEXT: Slice = bytes("Request denied by ai quota check. Unauthorized consumer.");
const ADMIN_TEXT: Slice = bytes("Request denied by ai quota check. Unauthorized admin consumer.");
const CONSUMER_EMPTY_TEXT: Slice = bytes(
  "Request denied by ai quota check. consumer can't be empty.",
);
const MODEL_EMPTY_TEXT: Slice = bytes("Request denied by ai quota check. model can't be empty.");
const REFRESH_PARAMETERS_TEXT: Slice = bytes(
  "Request denied by ai quota check. consumer can't be empty and quota must be integer.",
);
const DELTA_PARAMETERS_TEXT: Slice = bytes(
  "Request denied by ai quota check. consumer can't be empty and value must be integer.",
);
const NO_BODY_TEXT: Slice = bytes(
  "Request denied by ai quota check. body_hold is off, put the parameters into the query string.",
);
const NO_QUOTA_TEXT: Slice = bytes("Request denied by ai quota check, No quota left");
const ERROR_TEXT: Slice = bytes("redis error:");
const REFRESH_TEXT: Slice = bytes("refresh quota successful");
const DELTA_TEXT: Slice = bytes("delta quota successful");
const DELETE_TEXT: Slice = bytes("delete quota successful");

/** Nobody authenticated the request. */
export function noKey(): Reply {
  return plain(401, NO_KEY, NO_KEY_TEXT);
}

/** The consumer has an empty name. */
export function unauthorizedConsumer(): Reply {
  return plain(403, UNAUTHORIZED, CONSUMER_TEXT);
}

export function unauthorizedAdmin(): Reply {
  return plain(403, UNAUTHORIZED, ADMIN_TEXT);
}

/** A query that does not say whose balance. */
export function consumerEmpty(): Reply {
  return plain(403, UNAUTHORIZED, CONSUMER_EMPTY_TEXT);
}

/** With `by_model`: a call that does not say of which model. */
export function modelEmpty(): Reply {
  return plain(403, UNAUTHORIZED, MODEL_EMPTY_TEXT);
}

export function refreshParameters(): Reply {
  return plain(403, UNAUTHORIZED, REFRESH_PARAMETERS_TEXT);
}

export function deltaParameters(): Reply {
  return plain(403, UNAUTHORIZED, DELTA_PARAMETERS_TEXT);
}

/** The balance is used up. @param message null: the peer's text */
export function noQuota(status: i32, message: Slice | null): Reply {
  return plain(status, NO_QUOTA, message !== null ? message : NO_QUOTA_TEXT);
}

/** @param reason what the store said, or why nothing could be sent */
export function storeError(reason: Slice, status: i32 = 503): Reply {
  return plain(status, ERROR, new Builder().append(ERROR_TEXT).append(reason).toSlice());
}

/** @param json `{"consumer":"<c>","quota":<n>}`, and what else was asked for */
export function queryReply(json: Slice): Reply {
  return new Reply(200, QUERY, json, JSON_TYPE);
}

export function refreshDone(): Reply {
  return plain(200, REFRESH, REFRESH_TEXT);
}

export function deltaDone(): Reply {
  return plain(200, DELTA, DELTA_TEXT);
}

export function deleteDone(): Reply {
  return plain(200, DELETE, DELETE_TEXT);
}

/** A list of balances, or a usage report. */
export function reportReply(json: Slice): Reply {
  return new Reply(200, REPORT, json, JSON_TYPE);
}

/** With `body_hold: false`: the parameters can only stand in the query. */
export function bodyNotRead(): Reply {
  return plain(400, UNAUTHORIZED, NO_BODY_TEXT);
}

function plain(status: i32, details: Slice, text: Slice): Reply {
  return new Reply(status, details, text, PLAIN);
}
