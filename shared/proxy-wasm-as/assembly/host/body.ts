import { Slice } from "@ai-gateway-wasm/bytes";
import { BufferType, Status } from "../abi/enums";
import {
  proxy_get_buffer_bytes,
  proxy_get_buffer_status,
  proxy_set_buffer_bytes,
} from "../abi/imports";
import { clearOut, OUT_NUMBER, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";

/**
 * A host buffer: a body of the running stream, or the configuration. Reading clips to what is
 * there, so `read(0, size)` with an over-estimate is fine.
 */
@final
export class HostBuffer {
  /** What `peek` answers. */
  private readonly window: Slice = new Slice(0, 0);

  constructor(private readonly type: BufferType) {}

  /**
   * Up to `length` bytes from the start, in the callback arena; null when out of reach. Makes no
   * object, for what a stream does hundreds of times: the next `peek` overwrites the slice.
   */
  peek(length: i32): Slice | null {
    clearOut();
    const status = proxy_get_buffer_bytes(this.type, 0, length, OUT_PTR, OUT_SIZE);
    if (status != Status.Ok) return null;
    const window = changetype<usize>(this.window);
    store<usize>(window, load<usize>(OUT_PTR), offsetof<Slice>("ptr"));
    store<i32>(window, load<i32>(OUT_SIZE), offsetof<Slice>("length"));
    return this.window;
  }

  /** Up to `length` bytes from `start`, in the callback arena; null when out of reach. */
  read(start: i32, length: i32): Slice | null {
    clearOut();
    const status = proxy_get_buffer_bytes(this.type, start, length, OUT_PTR, OUT_SIZE);
    return status == Status.Ok ? takeBytes() : null;
  }

  /** Everything that is there. */
  readAll(): Slice | null {
    return this.read(0, i32.MAX_VALUE);
  }

  /** How many bytes are there, without fetching them; 0 when out of reach. */
  size(): i32 {
    clearOut();
    proxy_get_buffer_status(this.type, OUT_SIZE, OUT_NUMBER);
    return load<i32>(OUT_SIZE);
  }

  /**
   * Replaces the whole content. Remove `content-length` in the headers callback before: a wrong
   * length is request smuggling (harness.md 6.6).
   */
  replace(data: Slice): Status {
    return proxy_set_buffer_bytes(this.type, 0, i32.MAX_VALUE, data.ptr, data.length);
  }

  /**
   * Replaces the first `length` bytes; what follows stays where it is and is not copied. Hosts
   * replace nothing in the middle: a range that begins later is a bad argument (host.md 6.3).
   */
  replaceStart(length: i32, data: Slice): Status {
    return proxy_set_buffer_bytes(this.type, 0, length, data.ptr, data.length);
  }

  append(data: Slice): Status {
    return proxy_set_buffer_bytes(this.type, i32.MAX_VALUE, 0, data.ptr, data.length);
  }

  prepend(data: Slice): Status {
    return proxy_set_buffer_bytes(this.type, 0, 0, data.ptr, data.length);
  }
}

export const requestBody: HostBuffer = new HostBuffer(BufferType.RequestBody);
export const responseBody: HostBuffer = new HostBuffer(BufferType.ResponseBody);
export const vmConfiguration: HostBuffer = new HostBuffer(BufferType.VmConfiguration);
export const pluginConfiguration: HostBuffer = new HostBuffer(BufferType.PluginConfiguration);
