import { JsonWriter } from "@ai-gateway-wasm/as-json";
import {
  bytes,
  decimal,
  equalsConstantTime,
  equalsIgnoreCase,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { isUnreadable } from "@ai-gateway-wasm/kit";
import { Residence, StoreCommand, StoreKind, StoreReply } from "@ai-gateway-wasm/store";
import { RemoveBalance, SetBalance } from "@ai-gateway-wasm/store/balances";
import { GetValue, RemoveValue, SetValue } from "@ai-gateway-wasm/store/values";
import {
  DataAction,
  HeadersAction,
  requestBody,
  requestHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { Account } from "./accounts";
import { AdminRequest, incomplete } from "./admin-request";
import { QuotaConfig } from "./config";
import { ADMIN_TOKEN_HEADER, METHOD, PATH, UPGRADE } from "./names";
import { Parameters } from "./parameters";
import { Mode } from "./paths";
import {
  bodyNotRead,
  deleteDone,
  deltaDone,
  queryReply,
  refreshDone,
  reportReply,
  storeError,
  unauthorizedAdmin,
} from "./replies";
import { BalanceReport, spellAccount } from "./report";
import { QuotaStream } from "./stream";

/** One answer of the store is waited for at a time. */
const TAG: i32 = 0;
/** Longest body that is read for parameters. */
const MAX_BODY_BYTES: i32 = 65536;
const DELETE: Slice = bytes("DELETE");
const WEBSOCKET: Slice = bytes("websocket");

/**
 * One admin call. It is answered here whatever happens, and never reaches the upstream:
 *
 *   headers ──► a body to read? ──no──► administrator? ──► store ──► answer
 *                     │yes
 *                     └─► hold until it is complete ──► administrator? ──► store ──► answer
 */
@final
export class AdminCall extends QuotaStream {
  /** Null until the parameters are known. */
  private request: AdminRequest | null = null;
  private report: BalanceReport | null = null;
  /** The call comes from the administrator. */
  private isAllowed: bool = false;
  /** A query by `DELETE`. */
  private removes: bool = false;

  constructor(
    id: u32,
    private readonly config: QuotaConfig,
    private readonly mode: Mode,
    private readonly consumer: Slice,
  ) {
    super(id);
  }

  /**
   * On Higress a call with a body is refused when the body is there, as the peer does (token-quota.md
   * 3.4); in plain Envoy at once, for it may not let headers be held.
   */
  override onRequestHeaders(endOfStream: bool): HeadersAction {
    const hasBody = this.isChange && !endOfStream && !isUpgrade();
    const isReadable = hasBody && !isUnreadable(requestHeaders);
    this.isAllowed = this.isAdministrator();
    if (isReadable && this.holdsHeaders) return HeadersAction.StopIteration;
    if (!this.isAllowed) return this.answer(unauthorizedAdmin());
    if (!hasBody) return this.begin();
    return isReadable ? this.runWithoutBody() : this.answer(incomplete(this.mode));
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (!this.isWaitingForBody) return DataAction.StopIterationAndBuffer;
    if (endOfStream || size > MAX_BODY_BYTES) this.runWithBody();
    // The peer's number once it has answered; hosts ignore it then.
    const isAnswered = this.hasReplied && !this.isStuck;
    return isAnswered ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    if (this.isWaitingForBody) this.runWithBody();
    return TrailersAction.StopIteration;
  }

  override onStoreReply(reply: StoreReply): void {
    const error = reply.error;
    const report = this.report;
    if (error !== null) {
      if (report !== null && report.retries(reply)) this.continueReport();
      else this.answer(storeError(bytes(error)));
      return;
    }
    const request = this.request;
    const account = request !== null ? request.account : null;
    if (request === null || account === null) this.continueReport();
    else this.confirm(request, account, reply);
  }

  private isAdministrator(): bool {
    const admin = this.config.admin;
    if (!this.consumer.equals(admin.consumer)) return false;
    if (admin.token.isEmpty) return true;
    const token = requestHeaders.get(ADMIN_TOKEN_HEADER);
    return token !== null && equalsConstantTime(token, admin.token);
  }

  /** It has parameters that a body may hold. */
  private get isChange(): bool {
    return this.mode == Mode.Refresh || this.mode == Mode.Delta;
  }

  private get holdsHeaders(): bool {
    return this.config.admin.holdsBodies && (this.isAllowed || isDefined(HIGRESS));
  }

  private get isWaitingForBody(): bool {
    return this.request === null && this.report === null && !this.hasReplied;
  }

  /** What needs no body. */
  private begin(): HeadersAction {
    if (this.mode == Mode.List || this.mode == Mode.Report) return this.beginReport();
    this.removes = !this.isChange && this.config.admin.isExtended && methodIs(DELETE);
    return this.run(queryParameters());
  }

  private runWithBody(): void {
    if (!this.isAllowed) {
      this.answer(unauthorizedAdmin());
      return;
    }
    const body = requestBody.read(0, MAX_BODY_BYTES + 1);
    if (body === null || body.isEmpty) this.run(queryParameters());
    else if (body.length > MAX_BODY_BYTES) this.answer(incomplete(this.mode));
    else this.run(Parameters.ofBody(body, this.config.admin.isExtended));
  }

  /** Only a complete query string can be taken. */
  private runWithoutBody(): HeadersAction {
    const request = new AdminRequest(this.mode, queryParameters(), this.config.accounts);
    return request.refusal === null ? this.ask(request) : this.answer(bodyNotRead());
  }

  private run(parameters: Parameters): HeadersAction {
    const request = new AdminRequest(this.mode, parameters, this.config.accounts);
    const refusal = request.refusal;
    return refusal === null ? this.ask(request) : this.answer(refusal);
  }

  private ask(request: AdminRequest): HeadersAction {
    const account = request.account;
    if (account === null) return this.answer(incomplete(this.mode));
    this.request = request;
    return this.send(this.commandFor(request, account));
  }

  private commandFor(request: AdminRequest, account: Account): StoreCommand {
    const amount = request.amount;
    const config = this.config;
    const reserves = config.metering.reservation.isOn;
    if (this.mode == Mode.Delta) return account.change(TAG, abs(amount), amount < 0);
    if (this.mode == Mode.Refresh) {
      // In shared data a balance ends with its period to the millisecond.
      return reserves || config.store.kind == StoreKind.Shared
        ? new SetBalance(TAG, account.balance, amount)
        : new SetValue(TAG, account.key, bytes(decimal(amount)), account.keepSeconds);
    }
    if (!this.removes) return new GetValue(TAG, account.key);
    return reserves ? new RemoveBalance(TAG, account.balance) : new RemoveValue(TAG, account.key);
  }

  private send(command: StoreCommand): HeadersAction {
    // What a gateway keeps while Redis is away is no balance to administer.
    command.residence = Residence.Backend;
    const reply = this.config.store.ask(this.calls, command);
    if (reply === null) return HeadersAction.StopIteration;
    this.onStoreReply(reply);
    return this.isStuck ? HeadersAction.StopAllIterationAndWatermark : HeadersAction.Continue;
  }

  private beginReport(): HeadersAction {
    const ledger = this.config.ledger;
    const book = this.mode == Mode.Report ? ledger.book : null;
    this.report = new BalanceReport(this.config.accounts, book, this.config.metering.unitName);
    return this.continueReport();
  }

  private continueReport(): HeadersAction {
    const report = this.report;
    if (report === null) return HeadersAction.StopIteration;
    const command = report.next(TAG);
    return command === null ? this.answer(reportReply(report.spell())) : this.send(command);
  }

  /** The store did what was asked. */
  private confirm(request: AdminRequest, account: Account, reply: StoreReply): void {
    if (this.mode == Mode.Query) {
      if (this.removes) this.answer(deleteDone());
      else this.showBalance(request, account, reply);
      return;
    }
    this.config.ledger.enlist(account);
    this.answer(this.mode == Mode.Refresh ? refreshDone() : deltaDone());
  }

  private showBalance(request: AdminRequest, account: Account, reply: StoreReply): void {
    const quota = reply.isNull ? account.granted : reply.integer;
    const json = new JsonWriter().openObject();
    spellAccount(json, account);
    json.key("quota").integer(quota);
    if (this.config.admin.isExtended && request.isVerbose) {
      const period = account.period;
      json.key("granted").integer(account.granted);
      json.key("unlimited").boolean(this.config.accounts.isIdle(account));
      if (period !== null) {
        json.key("period").openObject().key("id").text(period.id);
        json.key("ends_at").integer(period.endsAt).closeObject();
      }
    }
    this.answer(queryReply(json.closeObject().toSlice()));
  }
}

function queryParameters(): Parameters {
  return Parameters.ofQuery(requestHeaders.get(PATH));
}

function methodIs(method: Slice): bool {
  const found = requestHeaders.get(METHOD);
  return found !== null && found.equals(method);
}

/** What follows a WebSocket upgrade goes on for ever, and is no body. */
function isUpgrade(): bool {
  const upgrade = requestHeaders.get(UPGRADE);
  return upgrade !== null && equalsIgnoreCase(upgrade, WEBSOCKET);
}
