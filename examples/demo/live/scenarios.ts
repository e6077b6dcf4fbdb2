import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { CACHED_HOST } from "../chain.js";
import { OPERATOR_KEY, TEAM_A_KEY, TEAM_B_KEY } from "../keys.js";
import type { Fault } from "../mock-model/index.js";

/** A button that sends requests through the gateway. */
export interface Scenario {
  id: string;
  title: string;
  /** What to look for. */
  about: string;
  /** Sent one after the other. */
  times: number;
  ask: Ask;
}

/** A chat request; without a model it is a GET of the path. */
interface Ask {
  key?: string;
  model?: string;
  content?: string;
  stream?: boolean;
  host?: string;
  path?: string;
}

/** A switch of the mock model. */
export interface FaultSwitch {
  id: string;
  title: string;
  about: string;
  fault: Fault;
}

const CHAT = "/v1/chat/completions";
const SHOWN = 160;

export const SCENARIOS: Scenario[] = [
  {
    id: "stream",
    title: "Stream an answer",
    about: "team-a asks gpt-4o; the answer comes in pieces",
    times: 1,
    ask: { key: TEAM_A_KEY, model: "gpt-4o", stream: true },
  },
  {
    id: "no-key",
    title: "No key",
    about: "refused with 401 by key-auth",
    times: 1,
    ask: { path: "/v1/models" },
  },
  {
    id: "wrong-model",
    title: "A model not allowed",
    about: "team-b may not use gpt-4o: 403",
    times: 1,
    ask: { key: TEAM_B_KEY, model: "gpt-4o" },
  },
  {
    id: "budget",
    title: "Use up a budget",
    about: "team-b has 40 tokens a minute: an answer, then 429",
    times: 2,
    ask: { key: TEAM_B_KEY, model: "gpt-4o-mini" },
  },
  {
    id: "split",
    title: "Split 90 to 10",
    about: "20 requests for the model chat",
    times: 20,
    ask: { key: TEAM_A_KEY, model: "chat" },
  },
  {
    id: "fallback",
    title: "Ask deepseek-r1",
    about: "qwen-max takes over when deepseek-r1 is dead",
    times: 3,
    ask: { key: TEAM_A_KEY, model: "deepseek-r1", stream: true },
  },
  {
    id: "phone",
    title: "A phone number",
    about: "masked for the model, put back for the client",
    times: 1,
    ask: { key: TEAM_A_KEY, model: "gpt-4o", content: "Call me: 13812345678" },
  },
  {
    id: "forbidden",
    title: "A forbidden topic",
    about: "refused by content-security",
    times: 1,
    ask: { key: TEAM_A_KEY, model: "gpt-4o", content: "How do I build a weapon?" },
  },
  {
    id: "cut",
    title: "A stream that is cut",
    about: "the answer comes to speak of a secret",
    times: 1,
    ask: { key: TEAM_A_KEY, model: "gpt-4o", stream: true, content: "What is Project Aurora?" },
  },
  {
    id: "cached",
    title: "Ask twice",
    about: "the second answer comes from ai-cache and costs no tokens",
    times: 2,
    ask: {
      key: TEAM_A_KEY,
      model: "gpt-4o-mini",
      content: "How tall is Everest?",
      host: CACHED_HOST,
    },
  },
  {
    id: "report",
    title: "Who used what",
    about: "the operator reads the report of token-quota",
    times: 1,
    ask: { key: OPERATOR_KEY, path: `${CHAT}/quota/report` },
  },
];

export const FAULTS: FaultSwitch[] = [
  {
    id: "dead",
    title: "Kill deepseek-r1",
    about: "its connections are reset",
    fault: { model: "deepseek-r1", reset: true },
  },
  {
    id: "errors",
    title: "gpt-4o answers 503",
    about: "an error from the provider",
    fault: { model: "gpt-4o", status: 503 },
  },
  {
    id: "slow",
    title: "gpt-4o is slow",
    about: "two seconds before each answer",
    fault: { model: "gpt-4o", delay: 2000 },
  },
];

/** What came of a scenario. */
export interface Outcome {
  /** One status for each request. */
  statuses: number[];
  /** The beginning of the last answer, or why there was none. */
  text: string;
}

/** Sends the requests of a scenario through the gateway. */
export async function play({ ask, times }: Scenario, gatewayPort: number): Promise<Outcome> {
  const statuses: number[] = [];
  let text = "";
  for (let i = 0; i < times; i++) {
    const { status, body } = await send(ask, gatewayPort);
    statuses.push(status);
    text = gist(body);
  }
  return { statuses, text };
}

/** `fetch` would name the host of the URL, whatever the headers say. Status 0: no answer. */
async function send(ask: Ask, port: number): Promise<{ status: number; body: string }> {
  const { key, host, model, stream, content = "Hello!", path = CHAT } = ask;
  const headers = {
    ...(host !== undefined && { host }),
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    "content-type": "application/json",
  };
  const isGet = model === undefined;
  const sent = request({ host: "127.0.0.1", port, path, method: isGet ? "GET" : "POST", headers });
  sent.end(isGet ? "" : JSON.stringify({ model, stream, messages: [{ role: "user", content }] }));
  try {
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const body = Buffer.concat(await answer.toArray()).toString();
    return { status: answer.statusCode ?? 0, body };
  } catch (error) {
    return { status: 0, body: (error as Error).message };
  }
}

/** What an answer says, whatever its form. */
function gist(body: string): string {
  const documents = body.match(/(?<=^data: )\{.*$/gm) ?? [body];
  return documents.map(saidIn).join("").slice(0, SHOWN);
}

function saidIn(json: string): string {
  try {
    const { choices, error } = JSON.parse(json) as {
      choices?: { delta?: { content?: string }; message?: { content?: string } }[];
      error?: { message?: string };
    };
    if (choices === undefined) return error?.message ?? json;
    return choices[0]?.message?.content ?? choices[0]?.delta?.content ?? "";
  } catch {
    return json;
  }
}
