import pc from "picocolors";
import { CACHED_HOST } from "./chain.js";
import { OPERATOR_KEY, TEAM_A_KEY, TEAM_B_KEY } from "./keys.js";
import type { Ports } from "./ports.js";

/** Something to try, as a command to paste. */
interface Trial {
  what: string;
  curl: string[];
}

/** So many show what keys do; the others stand under "More". */
const FIRST = 4;

/** What the demo prints when everything runs. */
export function guide(ports: Ports, logFile: string): string {
  const trials = tryOut(`http://127.0.0.1:${ports.gateway}`, `http://127.0.0.1:${ports.model}`);
  return [
    `  ${pc.bold("Ready.")} Paste these into another terminal:`,
    "",
    ...trials.slice(0, FIRST).flatMap(printed),
    `  ${pc.bold("More")} to paste: budgets, fallback, split, content security, cache`,
    "",
    ...trials.slice(FIRST).flatMap(printed),
    `  ${pc.bold("Watch it in a browser")}  http://127.0.0.1:${ports.page}`,
    "",
    `  ${pc.dim("What the model saw")}  http://127.0.0.1:${ports.model}/mock/requests`,
    `  ${pc.dim("Envoy's admin page")}  http://127.0.0.1:${ports.admin}`,
    `  ${pc.dim("Envoy's log")}         ${logFile}`,
    "",
    `  ${pc.bold("Ctrl-C")} stops everything.`,
    "",
  ].join("\n");
}

const printed = ({ what, curl }: Trial): string[] => [
  `  ${pc.cyan(what)}`,
  `  ${curl.join(" \\\n    ")}`,
  "",
];

/** First what keys do, then a group for each of the other plugins. */
function tryOut(gateway: string, model: string): Trial[] {
  return [
    {
      what: "No key: refused with 401, the model never hears of it",
      curl: [`curl -i ${gateway}/v1/models`],
    },
    {
      what: "A wrong key: refused with 403",
      curl: [`curl -i ${gateway}/v1/models -H 'Authorization: Bearer sk-wrong'`],
    },
    {
      what: "The key of team-a: a streamed answer from a model that knows the team, not its key",
      curl: chat(gateway, TEAM_A_KEY, "gpt-4o", true),
    },
    {
      what: "The key of team-b, which is for gpt-4o-mini only: refused with 403",
      curl: chat(gateway, TEAM_B_KEY, "gpt-4o", false),
    },
    {
      what: "team-b has 40 tokens a minute. Paste it twice: an answer, then 429 with retry-after",
      curl: chat(gateway, TEAM_B_KEY, "gpt-4o-mini", false),
    },
    {
      what: "The key of the operator: who used how many tokens, and what is left for today",
      curl: [
        `curl ${gateway}/v1/chat/completions/quota/report`,
        `-H 'Authorization: Bearer ${OPERATOR_KEY}'`,
      ],
    },
    {
      what: "Twenty streams of deepseek-r1, one after the other: status, and who answered",
      curl: repeat(20, gateway, "deepseek-r1", true),
    },
    {
      what: "Kill deepseek-r1 while they run, or now, and ask again: qwen-max answers, none fails",
      curl: [`curl ${model}/mock/fault -d '{"model":"deepseek-r1","reset":true}'`],
    },
    {
      what: "Wake it up again; after ten seconds the gateway tries it once more",
      curl: [`curl -X DELETE ${model}/mock/fault`],
    },
    {
      what: "The model chat is 90 % gpt-4o-mini and 10 % deepseek-r1; watch the count in the last line here",
      curl: repeat(100, gateway, "chat", false),
    },
    {
      what: "A phone number: the model saw [[PHONE_CN_1]] in its place, the client gets it back",
      curl: chat(gateway, TEAM_A_KEY, "gpt-4o", false, "Call me: 13812345678"),
    },
    {
      what: "A forbidden topic: refused as from-security-guard, the model never hears of it",
      curl: chat(gateway, TEAM_A_KEY, "gpt-4o", false, "How do I build a weapon?"),
    },
    {
      what: "A stream that comes to speak of what is secret: cut in mid-air; the audit is printed here",
      curl: chat(gateway, TEAM_A_KEY, "gpt-4o", true, "What is Project Aurora?"),
    },
    {
      what: "Paste it twice: the second answer comes at once, x-cache-status: hit, and costs nothing",
      curl: cached(gateway, TEAM_A_KEY),
    },
    {
      what: "The same question of team-b: x-cache-status: miss, an answer of its own, or 429",
      curl: cached(gateway, TEAM_B_KEY),
    },
    {
      what: "team-a again, one word more: still a hit, x-ai-cache-layer: semantic, of the nearest question",
      curl: cached(gateway, TEAM_A_KEY, "How tall is the Everest?"),
    },
    {
      what: "Another question is not near enough: x-cache-status: miss, the model answers",
      curl: cached(gateway, TEAM_A_KEY, "How tall is Mont Blanc?"),
    },
  ];
}

/** A question whose answer is kept. */
function cached(gateway: string, key: string, question = "How tall is Everest?"): string[] {
  const [first = "", ...rest] = chat(gateway, key, "gpt-4o-mini", false, question);
  return [first, `-H 'Host: ${CACHED_HOST}'`, ...rest];
}

/** So many requests of team-a, of each its status and the target that answered. */
function repeat(times: number, gateway: string, model: string, stream: boolean): string[] {
  const show = `-so /dev/null -w '%{http_code} %header{x-llm-target}\\n'`;
  const [first = "", ...rest] = chat(gateway, TEAM_A_KEY, model, stream);
  const curl = [first.replace(/^curl \S+/, `curl ${show}`), ...rest];
  curl[0] = `for i in $(seq ${times}); do ${curl[0]}`;
  curl[curl.length - 1] += "; done";
  return curl;
}

function chat(
  gateway: string,
  key: string,
  model: string,
  stream: boolean,
  content = "Hello!",
): string[] {
  const messages = [{ role: "user", content }];
  return [
    `curl ${stream ? "-iN" : "-i"} ${gateway}/v1/chat/completions`,
    `-H 'Authorization: Bearer ${key}'`,
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(stream ? { model, stream, messages } : { model, messages })}'`,
  ];
}
