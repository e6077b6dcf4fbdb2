/** The part of autocannon 9 that the load process uses; the package brings no types. */
declare module "autocannon" {
  interface Request {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
    /** Called before each request is sent; its result is sent. */
    setupRequest?: (request: object) => object;
  }
  interface Options {
    url: string;
    connections: number;
    /** Requests to send in all. */
    amount: number;
    /** Milliseconds between two samples. */
    sampleInt: number;
    headers: Record<string, string>;
    /** Sent in turn by each connection. */
    requests: Request[];
  }
  interface Result {
    "2xx": number;
    non2xx: number;
    errors: number;
    timeouts: number;
    requests: { average: number };
    latency: { p50: number; p99: number };
  }
  export default function autocannon(options: Options): Promise<Result>;
}
