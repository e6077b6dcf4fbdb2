import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_get_shared_data, proxy_set_shared_data } from "../abi/imports";
import { clearOut, OUT_NUMBER, OUT_PTR, OUT_SIZE, takeBytes, takeNumber } from "../memory/out";

/** As CAS: store only if the key does not exist. No real CAS ever has this value in practice. */
export const ONLY_IF_ABSENT: u32 = 0xffffffff;
/** As CAS: store whatever is there. */
export const ALWAYS: u32 = 0;

/** A value of shared data and the stamp that a compare-and-set needs. */
@final
export class SharedValue {
  constructor(
    /** Bytes in the callback arena. */
    readonly data: Slice,
    readonly cas: u32,
  ) {}
}

/**
 * A value that all workers of the process see, or null. The keys of all plugins with the same
 * `vm_id` lie in one map: prefix them with the plugin name.
 */
export function getSharedData(key: Slice): SharedValue | null {
  clearOut();
  const status = proxy_get_shared_data(key.ptr, key.length, OUT_PTR, OUT_SIZE, OUT_NUMBER);
  return status == Status.Ok ? new SharedValue(takeBytes(), takeNumber()) : null;
}

/** Stores a value. CasMismatch: somebody else was faster, read again. */
export function setSharedData(key: Slice, value: Slice, cas: u32): Status {
  return proxy_set_shared_data(key.ptr, key.length, value.ptr, value.length, cas);
}
