import { higress22 } from "./higress-2.2.js";
import type { Profile } from "./profile.js";

/** The Go emulator (wasm mode) behind Higress's plugin unit tests; harness.md §7. */
export const proxytest: Profile = {
  ...higress22,
  name: "proxytest",
  abiVersions: null,
  missing: new Set([
    "proxy_get_current_time_nanoseconds",
    "proxy_get_log_level",
    "proxy_get_status",
    "proxy_get_header_map_size",
    "proxy_get_buffer_status",
    "proxy_grpc_call",
    "proxy_grpc_stream",
    "proxy_grpc_send",
    "proxy_grpc_close",
    "proxy_grpc_cancel",
  ]),
  // It registers `get_log_level` only.
  missingForeign: new Set([
    "clear_route_cache",
    "compress",
    "declare_property",
    "expr_create",
    "expr_delete",
    "expr_evaluate",
    "set_envoy_filter_state",
    "set_global_max_requests_per_io_cycle",
    "sign",
    "uncompress",
    "verify_signature",
  ]),
  restrictsAllocator: false,
  secondReplyRefused: false,
  prefixesReplyDetails: false,
  emulator: {
    emptyLeavesOutPointers: true,
    emptyIsNotFound: true,
    mapsAlwaysReachable: true,
    singleHeaders: true,
    exactCas: true,
    idsFromZero: true,
    runsEveryStart: true,
    skipsLifecycle: true,
    keepsViews: true,
  },
};
