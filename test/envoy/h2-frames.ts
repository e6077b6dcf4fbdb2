import { connect } from "node:net";

/** Frames of HTTP/2 written by hand, for what Node's own client cannot send. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TYPES = { data: 0, headers: 1, settings: 4, metadata: 0x4d } as const;
const END_STREAM = 1;
/** END_HEADERS and END_METADATA. */
const END_BLOCK = 4;

export type Pairs = readonly (readonly [name: string, value: string])[];

/** One frame of the one stream: a block of pairs, or bytes. */
export interface Frame {
  type: "headers" | "metadata" | "data";
  pairs?: Pairs;
  text?: string;
  /** The last of the request. */
  end?: boolean;
}

/** HPACK: literals without a table, names and values shorter than 127 bytes. */
function block(pairs: Pairs): Buffer {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  return Buffer.from(pairs.flatMap(([name, value]) => [0, ...text(name), ...text(value)]));
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function bytesOf({ type, pairs, text, end }: Frame): Buffer {
  const payload = pairs ? block(pairs) : Buffer.from(text ?? "");
  const flags = (end ? END_STREAM : 0) | (pairs ? END_BLOCK : 0);
  return frame(TYPES[type], flags, 1, payload);
}

/** Sends the frames `gapMs` apart on a connection of its own, which stays open until `over` resolves. */
export async function sendFrames(
  port: number,
  frames: readonly Frame[],
  over: Promise<unknown>,
  gapMs = 40,
): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined).resume();
  // SETTINGS: 0x4d44 says that this side knows METADATA.
  const settings = Buffer.from([0x4d, 0x44, 0, 0, 0, 1]);
  socket.write(Buffer.concat([PREFACE, frame(TYPES.settings, 0, 0, settings)]));
  for (const one of frames) {
    await new Promise((resolve) => setTimeout(resolve, gapMs));
    socket.write(bytesOf(one));
  }
  await over;
  socket.destroy();
}
