import { parseArgs } from "node:util";
import { Problem } from "../../build/tools/fetch.js";

/** What `npm run bench -- …` is asked for. */
export interface Options {
  rounds: number;
  starts: number;
  bursts: number;
  requests: number;
  connections: number;
  /** Beginnings of the names of the rows that are wanted; null: all. */
  only: string[] | null;
  /** Modules of somebody else, as `name=path.wasm[,config.json]`. */
  peers: string[];
  /** Where the JSON goes; null: into the cache. */
  json: string | null;
  curve: boolean;
  calls: boolean;
  /** The benchmarks of libraries in Node, and no Envoy. */
  micro: boolean;
}

/** Reads the command line. @throws Problem with one line about what is wrong in it */
export function readOptions(args: string[]): Options {
  const values = parse(args);
  const rounds = count("rounds", values.rounds);
  return {
    rounds,
    starts: Math.min(rounds, count("starts", values.starts)),
    bursts: count("bursts", values.bursts),
    requests: count("requests", values.requests),
    connections: count("connections", values.connections),
    only: values.only?.split(",").map((part) => part.trim()) ?? null,
    peers: values.peer,
    json: values.json ?? null,
    curve: values.curve,
    calls: values.calls,
    micro: values.micro,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        rounds: { type: "string", default: "9" },
        starts: { type: "string", default: "3" },
        bursts: { type: "string", default: "4" },
        requests: { type: "string", default: "5000" },
        connections: { type: "string", default: "32" },
        only: { type: "string" },
        peer: { type: "string", multiple: true, default: [] },
        json: { type: "string" },
        curve: { type: "boolean", default: false },
        calls: { type: "boolean", default: false },
        micro: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new Problem(
      `${(error as Error).message.split(/\. |\n/, 1)[0]}; see test/bench/README.md.`,
    );
  }
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Problem(`--${name} must be a whole number from 1, not "${text}".`);
}
