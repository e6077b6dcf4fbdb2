import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, keepRoute } from "@ai-gateway-wasm/kit";
import {
  Debts,
  FailMode,
  LastingStoreRoot,
  StoreKind,
  StorePlugin,
  StoreReply,
} from "@ai-gateway-wasm/store";
import { HttpContext, requestHeaders } from "proxy-wasm-as";
import { Account } from "./accounts";
import { AdminCall } from "./admin";
import { parseConfig, QuotaConfig } from "./config";
import { MeteredRequest } from "./metered";
import { Metrics } from "./metrics";
import { PATH, PLUGIN_NAME } from "./names";
import { isAdmin, Mode } from "./paths";
import { isPreflight, RefusedRequest } from "./refused";
import { noKey, unauthorizedConsumer } from "./replies";

const NAME: Slice = bytes("token-quota");
const METRIC_NAME: Slice = bytes("token_quota");

/** One configuration of token-quota: who has how much, and what takes from it. */
export class TokenQuotaRoot extends LastingStoreRoot<QuotaConfig> {
  private readonly metrics: Metrics = new Metrics();
  /** Of each configuration, by the tag of its charges. */
  private readonly debts: Debts[] = [];

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): QuotaConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: QuotaConfig | null): QuotaConfig | null {
    return this.parse(rule);
  }

  /** Chooses by the headers what the request is; null: it passes, and costs nothing. */
  override accept(id: u32, config: QuotaConfig): HttpContext | null {
    keepRoute();
    requestHeaders.load();
    const path = requestHeaders.get(PATH);
    const mode = config.paths.modeOf(path === null ? NO_BYTES : path);
    if (mode == Mode.Skipped) return null;
    const consumer = requestHeaders.get(config.consumerHeader);
    if (consumer === null || consumer.isEmpty) {
      return this.refuseNobody(id, config, consumer === null, isAdmin(mode));
    }
    if (isAdmin(mode)) return new AdminCall(id, config, mode, consumer);
    if (mode == Mode.Metered) return this.meter(id, config, consumer);
    this.log.debug("the path is not metered");
    return null;
  }

  /** A charge is answered, maybe long after its stream is gone. */
  override onStoreReply(reply: StoreReply): void {
    this.debts[reply.tag].receive(reply);
  }

  private parse(reader: ConfigReader): QuotaConfig | null {
    const plugin = new StorePlugin(NAME, METRIC_NAME, FailMode.Closed);
    const config = parseConfig(reader, plugin, this.calls, this.debts.length);
    if (config === null) return null;
    this.debts.push(config.debts);
    if (config.accounts.grantsModels) {
      this.log.warn(
        "by_model believes " +
          config.modelHeader.toString() +
          ": whoever may invent names of models there has default_quota for each",
      );
    }
    if (config.store.kind == StoreKind.Shared) {
      this.log.warn(
        "balances are kept in the memory of this gateway: each gateway has its own, and they are lost when it restarts",
      );
    }
    return config;
  }

  /** A request without the consumer's header, or with an empty one. Admin calls are answered as the peer does. */
  private refuseNobody(
    id: u32,
    config: QuotaConfig,
    isMissing: bool,
    isAdmin: bool,
  ): HttpContext | null {
    if (isAdmin) {
      return new RefusedRequest(id, isMissing ? noKey() : unauthorizedConsumer(), false);
    }
    if (config.isShadow) {
      if (isMissing && isPreflight()) return null;
      this.metrics.shadowDenied.increment();
      this.log.info("a request without a consumer would be refused");
      return null;
    }
    const denial = config.denial;
    const reply = isMissing ? denial.noKey() : denial.unauthorizedConsumer();
    return new RefusedRequest(id, reply, isMissing);
  }

  private meter(id: u32, config: QuotaConfig, consumer: Slice): HttpContext | null {
    const isUnlimited = config.accounts.isUnlimited(consumer);
    if (isUnlimited && config.ledger.book === null) return null;
    const model = config.accounts.byModel ? headerOr(config.modelHeader, UNKNOWN_MODEL) : NO_BYTES;
    const accounts: Account[] = [config.accounts.ofConsumer(consumer, model)];
    if (config.accounts.hasGroups) {
      const group = requestHeaders.get(config.groupHeader);
      if (group !== null && !group.isEmpty) accounts.push(config.accounts.ofGroup(group, model));
    }
    return new MeteredRequest(id, config, accounts, isUnlimited, this.log, this.metrics);
  }
}

/** Bytes of a model's name. Longer ones are no models, and each would keep a balance. */
const LONGEST_MODEL: i32 = 128;
/** The model of a request that names none: model-router has not seen it. */
const UNKNOWN_MODEL: Slice = bytes("unknown");

function headerOr(name: Slice, fallback: Slice): Slice {
  const value = requestHeaders.get(name);
  if (value === null || value.isEmpty || value.length > LONGEST_MODEL) return fallback;
  return value;
}
