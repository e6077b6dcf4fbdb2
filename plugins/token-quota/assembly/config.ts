import { bytes, lowerCase, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { FailMode, readStore, Store, StorePlugin } from "@ai-gateway-wasm/store";
import { readAccounts } from "./accounts-parser";
import { Accounts } from "./accounts";
import { CONSUMER_HEADER } from "./names";
import { Paths } from "./paths";
import { Metering, readMetering } from "./metering";
import { DenialFormat, readDenialFormat } from "./replies";

const DEFAULT_ADMIN_PATH: Slice = bytes("/quota");
const DEFAULT_SUFFIXES: Slice[] = [bytes("/v1/chat/completions"), bytes("/v1/messages")];
const COLON: i32 = 0x3a;

/** One configuration: of the whole plugin or of one rule. */
@final
export class QuotaConfig {
  constructor(
    readonly paths: Paths,
    readonly admin: AdminConfig,
    readonly accounts: Accounts,
    readonly store: Store,
    readonly metering: Metering,
    readonly denial: DenialFormat,
    /** Request header with the consumer's name, lower case. */
    readonly consumerHeader: Slice,
  ) {}
}
