import { decimal } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Aliyun } from "./backend/aliyun/aliyun";
import { readBackends } from "./backend/backends";
import { ChatGuard } from "./backend/guard/chat-guard";
import { readQwen3Guard } from "./backend/guard/config";
import { SecurityConfig } from "./config";
import { Dialect, dialectOf } from "./dialect";
import { Doubts } from "./doubts";
import { Backend, Phase } from "./judge/backend";
import { readLocalRules } from "./local/local-config";

/** Reads a configuration in the dialect its fields show. Null when it is refused. */
export function parseConfig(reader: ConfigReader, doubts: Doubts): SecurityConfig | null {
  const dialect = dialectOf(reader);
  if (dialect == Dialect.None) {
    reader.refuseWith("invalid service config");
    return null;
  }
  const rules = readLocalRules(reader, dialect == Dialect.Masking);
  const backends = backendsOf(reader, dialect, doubts);
  const config = new SecurityConfig(reader, dialect, backends, rules, doubts);
  if (reader.errors.any) return null;
  doubtUse(reader, config, doubts);
  doubts.tell(reader, summaryOf(config));
  return config;
}

/** What is configured, and does nothing. */
function doubtUse(reader: ConfigReader, config: SecurityConfig, doubts: Doubts): void {
  const rules = config.rules;
  if (rules === null && config.backends.length == 0) {
    doubts.warn(reader, "rules", "nothing is judged: there are none, and no service");
  }
  if (rules === null) return;
  const needs = "is off, but some rule needs it";
  if (rules.needs(Phase.Request) && !config.checksRequest) {
    doubts.warn(reader, "checkRequest", needs);
  }
  if (rules.masks(Phase.Request) && config.checksRequest && !config.api.readsAllTurns) {
    doubts.warn(reader, "requestScope", "earlier turns may go on unmasked, unless it is all");
  }
  if (rules.needs(Phase.Response) && !config.checksResponse) {
    doubts.warn(reader, "checkResponse", needs);
  }
}

/** What is on. */
function summaryOf(config: SecurityConfig): string {
  const rules = config.rules;
  const requests = config.checksRequest ? "judges requests " : "judges ";
  const answers = config.checksResponse ? "answers by " : "by ";
  const local = rules === null ? "no rules, " : "rules, ";
  return requests + answers + local + decimal(config.backends.length) + " services";
}

/** The peer's own service, then those of `backend` or `backends`. */
function backendsOf(reader: ConfigReader, dialect: Dialect, doubts: Doubts): Backend[] {
  const backends: Backend[] = [];
  if (dialect == Dialect.Cloud) backends.push(new Aliyun(reader, doubts));
  if (dialect == Dialect.Guard) backends.push(new ChatGuard(readQwen3Guard(reader)));
  readBackends(reader, backends, doubts);
  return backends;
}
