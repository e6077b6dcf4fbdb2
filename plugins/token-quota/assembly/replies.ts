import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { PairsBuilder } from "proxy-wasm-as";

const CONTENT_TYPE: Slice = bytes("Content-Type");
const PLAIN: Slice = bytes("text/plain");
const JSON_TYPE: Slice = bytes("application/json");

const NO_KEY: Slice = bytes("ai-quota.no_key");
const UNAUTHORIZED: Slice = bytes("ai-quota.unauthorized");
const NO_QUOTA: Slice = bytes("ai-quota.noquota");
const ERROR: Slice = bytes("ai-quota.error");
const QUERY: Slice = bytes("ai-quota.queryquota");
const REFRESH: Slice = bytes("ai-quota.refreshquota");
const DELTA: Slice = bytes("ai-quota.deltaquota");
const DELETE: Slice = bytes("ai-quota.deletequota");
const REPORT: Slice = bytes("ai-quota.reportquota");

const DENIED: string = "Request denied by ai quota check";

/** What the client gets instead of the upstream's answer (token-quota.md 4.2). */
@final
export class Reply {
  constructor(
    readonly status: i32,
    /** Response code details for the access log. */
    readonly details: Slice,
    readonly body: Slice,
    private readonly isJson: bool = false,
  ) {}

  /** Its headers; more may be added. */
  headers(): PairsBuilder {
    return new PairsBuilder().add(CONTENT_TYPE, this.isJson ? JSON_TYPE : PLAIN);
  }
}

/** Nobody authenticated the request. */
export function noKey(): Reply {
  return new Reply(401, NO_KEY, denied(". No Key Authentication information found."));
}

/** The consumer has an empty name. */
export function unauthorizedConsumer(): Reply {
  return new Reply(403, UNAUTHORIZED, denied(". Unauthorized consumer."));
}

export function unauthorizedAdmin(): Reply {
  return new Reply(403, UNAUTHORIZED, denied(". Unauthorized admin consumer."));
}

/** A query that does not say whose balance. */
export function consumerEmpty(): Reply {
  return new Reply(403, UNAUTHORIZED, denied(". consumer can't be empty."));
}

/** With `by_model`: a call that does not say of which model. */
export function modelEmpty(): Reply {
  return new Reply(403, UNAUTHORIZED, denied(". model can't be empty."));
}

export function refreshParameters(): Reply {
  return new Reply(
    403,
    UNAUTHORIZED,
    denied(". consumer can't be empty and quota must be integer."),
  );
}

export function deltaParameters(): Reply {
  return new Reply(
    403,
    UNAUTHORIZED,
    denied(". consumer can't be empty and value must be integer."),
  );
}

/** The balance is used up. @param message null: the peer's text */
export function noQuota(status: i32, message: Slice | null): Reply {
  return new Reply(status, NO_QUOTA, message !== null ? message : denied(", No quota left"));
}

/** @param reason what the store said, or why nothing could be sent */
export function storeError(reason: Slice, status: i32 = 503): Reply {
  return new Reply(status, ERROR, new Builder().appendText("redis error:").append(reason).toSlice());
}

/** @param json `{"consumer":"<c>","quota":<n>}`, and what else was asked for */
export function queryReply(json: Slice): Reply {
  return new Reply(200, QUERY, json, true);
}

export function refreshDone(): Reply {
  return new Reply(200, REFRESH, bytes("refresh quota successful"));
}

export function deltaDone(): Reply {
  return new Reply(200, DELTA, bytes("delta quota successful"));
}

export function deleteDone(): Reply {
  return new Reply(200, DELETE, bytes("delete quota successful"));
}

/** A list of balances, or a usage report. */
export function reportReply(json: Slice): Reply {
  return new Reply(200, REPORT, json, true);
}

/** With `body_hold: false`: the parameters can only stand in the query. */
export function bodyNotRead(): Reply {
  return new Reply(
    400,
    UNAUTHORIZED,
    denied(". body_hold is off, put the parameters into the query string."),
  );
}

function denied(rest: string): Slice {
  return bytes(DENIED + rest);
}
