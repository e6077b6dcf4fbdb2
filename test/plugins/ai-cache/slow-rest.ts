import type { UpstreamHandler, UpstreamRequest, UpstreamSink } from "proxy-wasm-test";

/** A Redis behind HTTP (Upstash) that takes its time for what is stored: until then nobody finds it. */
export class SlowRest implements UpstreamHandler {
  readonly kind = "upstream";
  readonly hasEndpoints = true;
  readonly requests: UpstreamRequest[] = [];
  private readonly values = new Map<string, string>();

  /** @param storeMs of each `set` */
  constructor(private readonly storeMs: number) {}

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    onComplete(() => {
      this.requests.push(request);
      const [name = "", key = "", value = ""] = JSON.parse(request.body) as string[];
      const answer = (result: string | null): void => {
        sink.headers({ ":status": "200", "content-type": "application/json" }, false);
        sink.data(JSON.stringify({ result }), true);
      };
      if (name.toLowerCase() !== "set") return answer(this.values.get(key) ?? null);
      sink.after(this.storeMs, () => {
        this.values.set(key, value);
        answer("OK");
      });
    });
  }
}
