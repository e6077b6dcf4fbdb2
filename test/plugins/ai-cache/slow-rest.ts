import type { UpstreamHandler, UpstreamRequest, UpstreamSink } from "proxy-wasm-test";

/** A Redis behind HTTP (Upstash) that takes its time for what is stored: until then nobody finds it. */
export class SlowRest implements UpstreamHandler {
  readonly kind = "upstream";
  readonly hasEndpoints = true;
  readonly requests: string[][] = [];
  private readonly values = new Map<string, string>();

  /** @param storeMs of each `set` */
  constructor(private readonly storeMs: number) {}

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    onComplete(() => {
      const words = JSON.parse(request.body) as string[];
      const [name = "", key = "", value = ""] = words;
      this.requests.push(words);
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
