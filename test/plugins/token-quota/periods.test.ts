import { Random } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { SHARED, admin, balance, chat, gateway, refill } from "./support.js";

const DAY = 86_400_000;

type Kind = "day" | "week" | "month";

/** The period of a moment, by JavaScript's calendar. */
function periodOf(kind: Kind, now: number, offsetMinutes: number): { id: string; ends_at: number } {
  const offset = offsetMinutes * 60_000;
  const local = new Date(now + offset);
  const midnight = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
  const end = (utc: number) => (utc - offset) / 1000;
  if (kind === "day")
    return { id: new Date(midnight).toISOString().slice(0, 10), ends_at: end(midnight + DAY) };
  if (kind === "month") {
    const next = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
    return { id: new Date(midnight).toISOString().slice(0, 7), ends_at: end(next) };
  }
  const monday = midnight - ((local.getUTCDay() + 6) % 7) * DAY;
  // ISO 8601: a week belongs to the year of its Thursday, and week 1 holds 4 January.
  const year = new Date(monday + 3 * DAY).getUTCFullYear();
  const fourth = new Date(Date.UTC(year, 0, 4));
  const first = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY;
  const week = Math.round((monday - first) / (7 * DAY)) + 1;
  return { id: `${year}-W${String(week).padStart(2, "0")}`, ends_at: end(monday + 7 * DAY) };
}

describe("periods are those of the calendar", () => {
  test.each([0, 480, -300, 345, 1440, -1440])("with an offset of %i minutes", async (offset) => {
    const kinds: Kind[] = ["day", "week", "month"];
    const host = await gateway(
      {
        ...SHARED,
        admin_extensions: true,
        utc_offset_minutes: offset,
        quotas: kinds.map((period) => ({ consumer: period, tokens: 1, period })),
      },
      { startTime: Date.UTC(2023, 11, 30), trace: false },
    );
    const random = new Random(offset + 2000);
    let now = Date.UTC(2023, 11, 30);
    for (let i = 0; i < 150; i++) {
      for (const kind of kinds) {
        const reply = await admin(host, `?consumer=${kind}&verbose=1`);
        const { period } = reply.json() as { period: object };
        expect(`${now} ${JSON.stringify(period)}`).toBe(
          `${now} ${JSON.stringify(periodOf(kind, now, offset))}`,
        );
      }
      // Sometimes right before and after a border.
      const step = [1000, 43_200_000, DAY - 1000, 11 * DAY, 40 * DAY][random.below(5)] ?? 0;
      await host.clock.advance(step);
      now += step;
    }
    await host.close();
  });

  test.each([
    ["2024-02-28T23:59:59Z", "2024-02-28", "2024-W09", "2024-02"],
    ["2024-02-29T00:00:00Z", "2024-02-29", "2024-W09", "2024-02"],
    ["2100-02-28T23:59:59Z", "2100-02-28", "2100-W08", "2100-02"],
    ["2100-03-01T00:00:00Z", "2100-03-01", "2100-W09", "2100-03"],
    ["2021-01-03T12:00:00Z", "2021-01-03", "2020-W53", "2021-01"],
    ["2018-12-31T00:00:00Z", "2018-12-31", "2019-W01", "2018-12"],
    ["2026-12-31T23:59:59Z", "2026-12-31", "2026-W53", "2026-12"],
  ])("%s", async (time, day, week, month) => {
    const host = await gateway(
      {
        ...SHARED,
        admin_extensions: true,
        quotas: ["day", "week", "month"].map((period) => ({ consumer: period, tokens: 1, period })),
      },
      { startTime: Date.parse(time) },
    );
    const idOf = async (kind: string) => {
      const reply = await admin(host, `?consumer=${kind}&verbose=1`);
      return (reply.json() as { period: { id: string } }).period.id;
    };
    expect([await idOf("day"), await idOf("week"), await idOf("month")]).toEqual([
      day,
      week,
      month,
    ]);
    await host.close();
  });
});

test("in the gateway's memory what an administrator sets ends with the period, not a moment later", async () => {
  const config = { ...SHARED, period: "day", default_quota: 20 };
  const host = await gateway(config, { startTime: Date.parse("2026-05-31T23:59:59.500Z") });
  await refill(host, "alice", 500);
  await host.clock.advance(499);
  expect(await balance(host, "alice")).toBe(500);
  await host.clock.advance(2);
  expect(await balance(host, "alice")).toBe(20);
  expect((await chat(host, "alice")).status).toBe(200);
  await host.clock.advance(1000);
  expect(await balance(host, "alice")).toBe(5);
  await host.close();
});
