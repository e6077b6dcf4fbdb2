import { bytes, equalsConstantTime, Slice } from "@ai-gateway-wasm/bytes";
import { StoreReply } from "@ai-gateway-wasm/store";
import { AddValue, GetValue, RemoveValue, SetValue } from "@ai-gateway-wasm/store/values";
import { DataAction, HeadersAction, requestBody, requestHeaders, TrailersAction } from "proxy-wasm-as";
import { AdminRequest, readAdminRequest } from "./admin-request";
import { QuotaConfig } from "./config";
import { Ledger } from "./ledger";
import { ADMIN_TOKEN_HEADER, PATH } from "./names";
import { Parameters } from "./parameters";
import { Mode } from "./paths";
import { Reply } from "./replies";
import { isUnreadable, isUpgrade } from "./request";
import { QuotaStream } from "./stream";

/** What a store reply answers. */
const enum Ask {
  Read,
  Write,
  /** The grant that a change adds to. */
  Create,
  Add,
  Remove,
  Usage,
  Balances,
}

/** Longest body that is read for parameters. */
const MAX_BODY_BYTES: i32 = 65536;

/**
 * One admin call. It is answered here whatever happens, and never reaches the upstream:
 *
 *   headers ──► administrator? ──► parameters there? ──yes──► store ──► answer
 *                                       │no
 *                                       └─► hold until the body is complete ──► store ──► answer
 */
@final
export class AdminCall extends QuotaStream {
  /** The store was asked, or the client was answered: more of the body means nothing. */
  private isUnderWay: bool = false;

  constructor(
    id: u32,
    private readonly config: QuotaConfig,
    private readonly ledger: Ledger,
    private readonly mode: Mode,
  ) {
    super(id);
  }
}
