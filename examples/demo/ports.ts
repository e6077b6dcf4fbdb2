import { createServer } from "node:net";
import { Problem } from "../../build/tools/fetch.js";

/** The ports of the demo, all on 127.0.0.1. */
export interface Ports {
  gateway: number;
  admin: number;
  model: number;
  /** The live page. */
  page: number;
}

/** Who listens where, and the environment variable that moves it. */
const PORTS: { [name in keyof Ports]: { variable: string; port: number } } = {
  gateway: { variable: "PORT", port: 10000 },
  admin: { variable: "ADMIN_PORT", port: 9901 },
  model: { variable: "MODEL_PORT", port: 10001 },
  page: { variable: "PAGE_PORT", port: 10002 },
};
const NAMES = Object.keys(PORTS) as (keyof Ports)[];

/** The ports to use: the defaults, or what the environment says. @throws Problem */
export function readPorts(env: NodeJS.ProcessEnv): Ports {
  const ports = { gateway: 0, admin: 0, model: 0, page: 0 };
  for (const name of NAMES) {
    const { variable, port } = PORTS[name];
    ports[name] = readPort(variable, env[variable] || String(port));
    const twin = NAMES.find((other) => other !== name && ports[other] === ports[name]);
    if (twin) {
      throw new Problem(
        `${PORTS[twin].variable} and ${variable} are both ${ports[name]}: choose two different ports.`,
      );
    }
  }
  return ports;
}

/** @throws Problem that names the first port something else listens on, and how to choose another */
export async function requireFreePorts(ports: Ports): Promise<void> {
  for (const name of NAMES) {
    const port = ports[name];
    const why = await listenError(port);
    if (!why) continue;
    const { variable } = PORTS[name];
    const state = why === "EADDRINUSE" ? "is in use" : `cannot be used (${why})`;
    throw new Problem(`Port ${port} ${state}: choose another with ${variable}=<port> npm start.`);
  }
}

function readPort(variable: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new Problem(`${variable} must be a port number from 1 to 65535, not "${text}".`);
}

/** Error code of listening there; null when the port is free. */
function listenError(port: number): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, "127.0.0.1", () => server.close(() => done(null)));
  });
}
