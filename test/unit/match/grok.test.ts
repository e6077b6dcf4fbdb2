import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { freshRe2 } from "./re2.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/grok.ts");
});

const expand = (pattern: string): string | undefined => run("expand", [], pattern)?.toString();
/** The first match and its groups, with bars between. */
const find = (pattern: string, text: string): string | undefined =>
  run("find", [], pattern, text)?.toString();

describe("names", () => {
  it("become groups, with an alias named ones, as deep as they go", () => {
    expect(expand("a+b")).toBe("a+b");
    expect(expand("<%{INT}>")).toBe("<(?:[+-]?[0-9]+)>");
    expect(expand("%{MOBILE:tel}")).toBe("(?P<tel>\\d{8,11})");
    expect(expand("%{NUMBER:n:float}")).toBe("(?P<n>(?:[+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)))");
    expect(expand("%{INT")).toBe("%{INT");
    expect(expand("%{NOBODY}")).toBeUndefined();
    expect(expand("%{}")).toBeUndefined();
    expect(expand("%{IP}".repeat(30))).toBeUndefined(); // more than 16 KiB
  });

  it("only names have marks of digits: elsewhere they are what RE2 takes them for", () => {
    expect(new (freshRe2())("\\\u0001a\\\u0002", "u").test("1\u0001a\u00022")).toBe(true);
    expect(find("\\\u0001a\\\u0002", "1\u0001a\u00022")).toBe("\u0001a\u0002");
    expect(find("\\\u0001a\\\u0002", "a")).toBe("");
    expect(find("%{IPV4}", "1.2.3.4567")).toBe("");
    expect(find("\\\u0001a", "\u0001a")).toBe("\u0001a"); // nor after a name was read
  });

  it("groups count as in the crate grok: those of an expression, and some of names", () => {
    expect(find("%{HOSTNAME}:(\\d+)", "see db-1.local:5432")).toBe("db-1.local:5432||5432");
    expect(find("(%{MOBILE})-(\\d)", "13812345678-9")).toBe("13812345678-9|13812345678|9");
    expect(find("%{URIPROTO}:(\\d)", "http:1")).toBe("http:1|ttp|1");
    expect(find("%{UNIXPATH} (\\d)", "in /a/b 1")).toBe("/a/b 1|/b|b|1");
    expect(find("%{TTY} (\\d)", "/dev/ttyp3 1")).toBe("/dev/ttyp3 1|ttyp|p||1");
    expect(find("%{LOGLEVEL} (\\d)", "WARN 1")).toBe("WARN 1|WARN|1");
    expect(find("%{URIHOST}/", "example.com:8080/")).toBe("example.com:8080/||8080");
    expect(find("%{USER:who} from %{IP:ip}", "bob from 10.1.2.3")).toBe(
      "bob from 10.1.2.3|bob|10.1.2.3",
    );
  });

  const cases: [name: string, text: string, match: string][] = [
    ["MOBILE", "tel 13812345678.", "13812345678"],
    ["EMAILADDRESS", "Email:alice@gmail.com", "Email:alice@gmail.com"],
    ["EMAILADDRESS", "1abc@x.com", "abc@x.com"],
    ["EMAILADDRESS", "a@x.com", ""],
    ["IPV4", "10.1.2.2021", ""],
    ["IPV4", "1234.1.1.1", ""],
    ["IPV4", "v10.1.2.202 1", "10.1.2.202"],
    ["IPV4", "中10.1.2.3中", "10.1.2.3"],
    ["IPV4", "999.1.1.1.1", "1.1.1.1"],
    ["TIME", "12:30:455", ""],
    ["TIME", "112:30:45", "12:30:45"],
    ["HOSTNAME", "foo- ", "foo-"],
    ["HOSTNAME", "foo.com. ", "foo.com."],
    ["HOSTNAME", "a".repeat(70), "a".repeat(63)],
    ["IDCARD", "id 11010519491231002X", "11010519491231002X"],
    ["IDCARD", "id 110105491231002", "110105491231002"],
    ["USERNAME", "@j.doe-1!", "j.doe-1"],
    ["EMAILADDRESS", "<a.b+c@mail.example.com>", "a.b+c@mail.example.com"],
    ["NUMBER", "is -3.25e", "-3.25"],
    ["BASE16NUM", "x 0xBEEF", "0xBEEF"],
    ["BASE16FLOAT", "= 0xa.5", "0xa.5"],
    ["POSINT", "007 42", "42"],
    ["WORD", "-two words", "two"],
    ["QUOTEDSTRING", 'say "a\\"b" c', '"a\\"b"'],
    ["QS", "say 'a' c", "'a'"],
    ["QUOTEDSTRING", "`x`", "`x`"],
    ["UUID", "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
    ["URN", "urn:isbn:0451450523", "urn:isbn:0451450523"],
    ["MAC", "0123.4567.89ab", "0123.4567.89ab"],
    ["MAC", "01-23-45-67-89-AB", "01-23-45-67-89-AB"],
    ["MAC", "01:23:45:67:89:AB", "01:23:45:67:89:AB"],
    ["IPV4", "at 192.168.0.255", "192.168.0.255"],
    ["IPV6", "at fe80::1", "fe80::1"],
    ["IP", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["HOSTPORT", "to example.com:443/", "example.com:443"],
    ["UNIXPATH", "in /var/log/a\\ b.txt", "/var/log/a\\ b.txt"],
    ["WINPATH", "C:\\Temp\\x.txt", "C:\\Temp\\x.txt"],
    ["PATH", "/etc", "/etc"],
    ["TTY", "on /dev/pts/3", "/dev/pts/3"],
    ["URI", "<https://u:p@example.com:8080/a/b?c=d>", "https://u:p@example.com:8080/a/b?c=d>"],
    ["MONTH", "in März", "März"],
    ["DAY", "on Tuesday", "Tuesday"],
    ["TIME", "at 23:59:60.5", "23:59:60.5"],
    ["DATE_US", "12/31/1999", "12/31/1999"],
    ["DATE_EU", "31.12.1999", "31.12.1999"],
    ["TIMESTAMP_ISO8601", "2024-02-29T12:30:45+08:00", "2024-02-29T12:30:45+08:00"],
    ["DATESTAMP", "12/31/99 23:59:59", "12/31/99 23:59:59"],
    ["DATESTAMP_RFC2822", "Mon, 15 Aug 2005 15:52:01 +0000", "Mon, 15 Aug 2005 15:52:01 +0000"],
    ["SYSLOGTIMESTAMP", "Jan  3 10:00:01", "Jan  3 10:00:01"],
    ["HTTPDATE", "[10/Oct/2000:13:55:36 -0700]", "10/Oct/2000:13:55:36 -0700"],
    ["LOGLEVEL", "a WARNING b", "WARNING"],
  ];

  it.each(cases)("%s in %s", (name, text, match) => {
    expect(find(`%{${name}}`, text)?.split("|")[0] ?? "").toBe(match);
  });

  it("a line of a log, with its groups", () => {
    expect(find("%{SYSLOGBASE} %{GREEDYDATA:message}", "Jan  3 10:00:01 host-1 cron[99]: ok")).toBe(
      "Jan  3 10:00:01 host-1 cron[99]: ok|Jan  3 10:00:01|||host-1||cron|99|ok",
    );
    const line =
      '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "-" "curl/8"';
    expect(find("%{COMBINEDAPACHELOG}", line)).toBe(
      `${line}|127.0.0.1||-||frank|10/Oct/2000:13:55:36 -0700|GET|/a.gif|1.0||200|2326|"-"|"curl/8"`,
    );
  });
});

describe("the whole table", () => {
  /** The names, as the source lists them. */
  function names(): string[] {
    const source = readFileSync("shared/match/assembly/grok/patterns.ts", "utf8");
    return [...source.matchAll(/^ {2,}["']([A-Z0-9_]+) /gm)].map((match) => match[1]!);
  }

  /** Where a name asks what stands beside it, which RE2 cannot, JavaScript's engine is the measure. */
  function reference(pattern: string, RE2: typeof RegExp): RegExp {
    if (!pattern.includes("\x01") && !pattern.includes("\x02")) return new RE2(pattern, "u");
    const sources = [["\\\x01", "(?<!\\d)"], ["\\\x02", "(?!\\d)"], ["(?P<", "(?<"]]; // prettier-ignore
    return new RegExp(
      sources.reduce((text, [mark, source]) => text.replaceAll(mark!, source!), pattern),
    );
  }

  it("RE2 takes each of them, and finds the same in random text", () => {
    expect(names().length).toBeGreaterThan(70);
    expect(new Set(names()).size).toBe(names().length);
    const random = new Random(8);
    const PARTS = ["1", "23", "10.0.0.1", ":", "::", "-", "/", "\\", " ", "Jan", "Mon", "UTC", '"', "a", "F0", "@x.org", "[", "]", ",", "Z", "http://", "中", "\n"]; // prettier-ignore
    let RE2 = freshRe2();
    let found = 0;
    for (const [i, name] of names().entries()) {
      if (i % 8 === 7) RE2 = freshRe2();
      const re2 = reference(expand(`%{${name}}`)!, RE2 as unknown as typeof RegExp);
      for (let j = 0; j < 30; j++) {
        const text = Array.from({ length: random.below(16) }, () => random.pick(PARTS)).join("");
        const match = re2.exec(text)?.[0];
        if (text === "") continue;
        expect(`${name} ${text}: ${find(`%{${name}}`, text)!.split("|")[0]!}`).toBe(
          `${name} ${text}: ${match ?? ""}`,
        );
        if (match) found++;
      }
    }
    expect(found).toBeGreaterThan(300);
  });
});

describe("hostile input", () => {
  it("no bytes trap", () => {
    const random = new Random(95);
    const PARTS = ["%", "{", "}", ":", "INT", "%{IP", "%{", "a", "\\", "中", ">", "%{DATA:x}"];
    let found = 0;
    for (let i = 0; i < 2000; i++) {
      const pattern = Array.from({ length: random.below(10) }, () => random.pick(PARTS)).join("");
      if (run("find", [], pattern, "1 2") !== undefined) found++;
    }
    expect(found).toBeGreaterThan(20);
  });
});
