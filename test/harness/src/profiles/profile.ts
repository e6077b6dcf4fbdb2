/** A host as a list of named differences. Each field names the contract section that proves it. */
export interface Profile {
  readonly name: string;
  /** §3.2 – versions looked for, e.g. `0_2_1`; null = not checked. */
  readonly abiVersions: readonly string[] | null;
  /** §5.7 – redis, inject, override host and their foreign functions exist. */
  readonly higressCalls: boolean;
  /** §7 – host functions this host lacks although the ABI has them. */
  readonly missing: ReadonlySet<string>;
  /** host.md 6.2 – foreign functions of newer Envoys that this host does not know. */
  readonly missingForeign: ReadonlySet<string>;
  /** host.md 6.1 – after `_initialize`, `__main_void` stands in for an absent `main`. */
  readonly callsMainVoid: boolean;
  /**
   * §6.3, host.md 6.5 – headers return 1 stays 1 without any option: for ABI 0_2_100, and for a module
   * that does not export `proxy_on_request_headers`, by which this host tells older ones.
   */
  readonly keepsStopIterationFor100: boolean;
  /** §6.3 – `allowOnHeadersStopIteration` exists. */
  readonly hasStopIterationOption: boolean;
  /** §6.4 – after a body return of 1 the next callback sees the current chunk too. */
  readonly bufferingShowsCurrentChunk: boolean;
  /** §3.8 – host calls are refused inside the allocator. */
  readonly restrictsAllocator: boolean;
  /** §5.5 – `route_name`, `cluster_name` and friends exist at top level. */
  readonly topLevelRouteName: boolean;
  /**
   * §7 – a dead VM is renewed for the next stream, whatever the policy says. A plugin is renewed at most
   * once in so many milliseconds (host.md 3.5); the first time there is nothing to wait for. Null:
   * only `FAIL_RELOAD` renews.
   */
  readonly recoveryIntervalMs: number | null;
  /** §6.7 – second `send_local_response` on one stream gives BadArgument. */
  readonly secondReplyRefused: boolean;
  /** host.md 7.1 – details of a local reply become `via_wasm::<plugin>::<details>`. */
  readonly prefixesReplyDetails: boolean;
  /** host.md 5.1 – the properties that steer the host have their effect. */
  readonly controlProperties: boolean;
  /** host.md 5.4 – default body buffer limit; undefined = by protocol (§6.11). */
  readonly bufferLimitBytes?: number;
  /** §7, last column: quirks of the Go emulator. */
  readonly emulator?: EmulatorQuirks;
}

/** How the Go emulator used by Higress's unit tests differs from a gateway (§7). */
export interface EmulatorQuirks {
  /** An empty result leaves the out-pointers untouched. */
  readonly emptyLeavesOutPointers: true;
  /** Empty body, empty header value: NotFound. */
  readonly emptyIsNotFound: true;
  /** Headers and bodies are reachable in every phase. */
  readonly mapsAlwaysReachable: true;
  /** A second `add` is glued to the first value; `remove` takes one entry. */
  readonly singleHeaders: true;
  /** cas must match always, 0 included. */
  readonly exactCas: true;
  /** Ids of metrics, queues and call-outs start at 0; any cluster is accepted. */
  readonly idsFromZero: true;
  /** `_initialize`, `_start` and `main` all run. */
  readonly runsEveryStart: true;
  /** No vm_start, no stream on_done, no on_delete; no answers to HTTP calls of a finished stream. */
  readonly skipsLifecycle: true;
  /** Strings and bodies are kept as views on guest memory (rule S22). */
  readonly keepsViews: true;
}
