import type { Guest, HostFunction, HostFunctions } from "./guest.js";
import { utf8 } from "./text.js";

/** Errno values of WASI that the host returns (harness.md §5.9). */
const EBADF = 8;
const EFAULT = 21;
const EINVAL = 28;
const EISDIR = 20;
const ENOENT = 44;
const ENOSYS = 52;
const ENOTSUP = 58;

/** Any number and type of parameters, constant errno. */
function stub(params: string, errno: number): HostFunction {
  return { params, results: "i", run: () => errno };
}

function isStdio(fd: number): boolean {
  return fd === 1 || fd === 2;
}

/** 0 for stdout and stderr, else EBADF. */
function stdioOnly(params: string): HostFunction {
  return { params, results: "i", run: (_guest, fd: number) => (isStdio(fd) ? 0 : EBADF) };
}

function write(guest: Guest, fd: number, iovs: number, count: number, writtenOut: number): number {
  if (fd !== 1 && fd !== 2) return EBADF;
  const { memory } = guest;
  // Not by `holds`: eight times the count may be more than 32 bits.
  if ((iovs >>> 0) + (count >>> 0) * 8 > memory.size) return EFAULT;
  let total = 0;
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const pointer = memory.u32(iovs + 8 * i);
    const length = memory.u32(iovs + 8 * i + 4);
    if (!memory.holds(pointer, length)) return EFAULT;
    pieces.push(memory.read(pointer, length));
    total += length;
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  const line = utf8(all).replace(/\n$/, "");
  // A line feed alone is an empty line, nothing at all is none.
  if (total > 0) guest.log(fd === 1 ? 2 : 4, line);
  if (!memory.holds(writtenOut, 4)) return EFAULT;
  memory.setU32(writtenOut, total);
  return 0;
}

function clockTime(guest: Guest, id: number, _precision: bigint, out: number): number {
  if (id !== 0 && id !== 1) return ENOTSUP;
  if (!guest.memory.holds(out, 8)) return EFAULT;
  guest.memory.setU64(out, id === 0 ? guest.wallNs() : guest.monotonicNs());
  return 0;
}

function setPair(guest: Guest, first: number, a: number, second: number, b: number): number {
  if (!guest.memory.holds(first, 4) || !guest.memory.holds(second, 4)) return EFAULT;
  guest.memory.setU32(first, a);
  guest.memory.setU32(second, b);
  return 0;
}

function environGet(guest: Guest, pointers: number, buffer: number): number {
  const { memory } = guest;
  for (const entry of guest.environment) {
    const bytes = new TextEncoder().encode(`${entry}\0`);
    if (!memory.holds(pointers, 4) || !memory.holds(buffer, bytes.length)) return EFAULT;
    memory.setU32(pointers, buffer);
    memory.write(buffer, bytes);
    pointers += 4;
    buffer += bytes.length;
  }
  return 0;
}

function environSize(guest: Guest): number {
  return guest.environment.reduce((sum, e) => sum + new TextEncoder().encode(e).length + 1, 0);
}

function fdStat(guest: Guest, fd: number, out: number): number {
  if (fd !== 1 && fd !== 2) return EBADF;
  if (!guest.memory.holds(out, 24)) return EFAULT;
  guest.memory.write(out, new Uint8Array(24));
  guest.memory.setU64(out + 8, 64n);
  return 0;
}

/**
 * Functions of `wasi_snapshot_preview1` and `wasi_unstable`. `path_link` and `path_symlink` have
 * the host's wrong parameter counts on purpose: a module importing the right ones does not link.
 */
export const wasiFunctions: HostFunctions = {
  fd_write: { params: "iiii", results: "i", run: write },
  fd_pwrite: {
    params: "iiiIi",
    results: "i",
    run: (guest, fd: number, iovs: number, count: number, _offset: bigint, out: number) =>
      write(guest, fd, iovs, count, out),
  },
  clock_time_get: { params: "iIi", results: "i", run: clockTime },
  clock_res_get: {
    params: "ii",
    results: "i",
    run: (guest, id: number, out: number) => {
      if (id !== 0 && id !== 1) return ENOTSUP;
      if (!guest.memory.holds(out, 8)) return EFAULT;
      guest.memory.setU64(out, 1n);
      return 0;
    },
  },
  random_get: {
    params: "ii",
    results: "i",
    run: (guest, pointer: number, length: number) => {
      if (length >>> 0 > 65536) return EINVAL;
      if (!guest.memory.holds(pointer, length)) return EINVAL;
      guest.memory.write(pointer, guest.random(length));
      return 0;
    },
  },
  environ_get: { params: "ii", results: "i", run: environGet },
  environ_sizes_get: {
    params: "ii",
    results: "i",
    run: (guest, count: number, size: number) =>
      setPair(guest, count, guest.environment.length, size, environSize(guest)),
  },
  args_get: stub("ii", 0),
  args_sizes_get: {
    params: "ii",
    results: "i",
    run: (guest, count: number, size: number) => setPair(guest, count, 0, size, 0),
  },
  poll_oneoff: {
    params: "iiii",
    results: "i",
    run: (guest, _in: number, _out: number, _count: number, out: number) => {
      if (!guest.memory.holds(out, 4)) return EFAULT;
      guest.memory.setU32(out, 0);
      return 0;
    },
  },
  proc_exit: {
    params: "i",
    results: "",
    // The host logs and returns: the guest goes on after its own exit.
    run: (guest, code: number) => guest.log(4, `wasi_snapshot_preview1.proc_exit() ${code}`),
  },
  sched_yield: stub("", 0),
  fd_close: stub("i", 0),
  fd_seek: stub("iIii", 0),
  fd_advise: stub("iIIi", 0),
  fd_fdstat_get: { params: "ii", results: "i", run: fdStat },
  fd_datasync: stdioOnly("i"),
  fd_sync: stdioOnly("i"),
  fd_allocate: stdioOnly("iII"),
  fd_filestat_set_size: stdioOnly("iI"),
  fd_filestat_set_times: stdioOnly("iIIi"),
  fd_fdstat_set_rights: stdioOnly("iII"),
  fd_tell: stdioOnly("ii"),
  path_open: stub("iiiiiIIii", ENOENT),
  fd_prestat_get: stub("ii", EBADF),
  fd_prestat_dir_name: stub("iii", ENOSYS),
  fd_filestat_get: stub("ii", EBADF),
  fd_read: stub("iiii", ENOSYS),
  fd_pread: stub("iiiIi", ENOSYS),
  fd_fdstat_set_flags: stub("ii", ENOSYS),
  fd_readdir: stub("iiiIi", EISDIR),
  fd_renumber: {
    params: "ii",
    results: "i",
    run: (_guest, from: number, to: number) => (isStdio(from) && isStdio(to) ? ENOTSUP : EBADF),
  },
  path_create_directory: stub("iii", ENOTSUP),
  path_filestat_get: stub("iiiii", ENOTSUP),
  path_filestat_set_times: stub("iiiiIIi", ENOTSUP),
  path_link: stub("iiiiii", ENOTSUP),
  path_readlink: stub("iiiiii", ENOTSUP),
  path_remove_directory: stub("iii", ENOTSUP),
  path_rename: stub("iiiiii", ENOTSUP),
  path_symlink: stub("iiii", ENOTSUP),
  path_unlink_file: stub("iii", ENOTSUP),
  sock_accept: stub("iii", ENOTSUP),
  sock_recv: stub("iiiiii", ENOTSUP),
  sock_send: stub("iiiii", ENOTSUP),
  sock_shutdown: stub("ii", ENOTSUP),
};
