import { describe, expect, it } from "vitest";
import { costRatio, median, over, sparkline, spread } from "../../bench/stats.js";

describe("the median", () => {
  it("is the middle value, in whatever order the rounds came", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it("is the mean of the two middle values of an even number of rounds", () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  it("compares numbers, not their digits", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it("of nothing is not a number", () => {
    expect(median([])).toBeNaN();
  });

  it("leaves the rounds as they were", () => {
    const rounds = [3, 1, 2];
    median(rounds);
    expect(rounds).toEqual([3, 1, 2]);
  });
});

describe("the spread", () => {
  it("is half the distance between the quartiles", () => {
    expect(spread([1, 2, 3, 4, 5, 6, 7])).toBe(2);
  });

  it("does not see one round that went wrong", () => {
    expect(spread([1, 2, 3, 4, 5, 6, 700])).toBe(2);
  });

  it("of one round is zero", () => {
    expect(spread([5])).toBe(0);
  });
});

describe("what a filter adds", () => {
  it("is the difference within each round", () => {
    expect(over([12, 22, 31], [10, 20, 30])).toEqual([2, 2, 1]);
  });

  it("ignores rounds that only one row has", () => {
    expect(over([12, 22], [10, 20, 30])).toEqual([2, 2]);
    expect(over([12, 22, 32], [10])).toEqual([2]);
  });
});

describe("the ratio of two costs", () => {
  it("compares what both add to the base, not their whole times", () => {
    expect(costRatio([30, 30, 30], [15, 15, 15], [10, 10, 10])).toBe(4);
  });

  it("is taken round by round, so a slow round does not count twice", () => {
    // In round 2 everything took double: each round's ratio is 3, that of the sums is 3 too.
    expect(costRatio([13, 26, 13], [11, 22, 11], [10, 20, 10])).toBe(3);
  });

  it("is the median of the rounds' ratios", () => {
    expect(costRatio([12, 14, 110], [11, 11, 11], [10, 10, 10])).toBe(4);
  });

  it("leaves out a round in which the reference cost nothing", () => {
    expect(costRatio([12, 12, 12], [11, 10, 11], [10, 10, 10])).toBe(2);
  });

  it("is unknown when most rounds cannot tell the reference from noise", () => {
    expect(costRatio([12, 12, 12], [9, 10, 11], [10, 10, 10])).toBeNull();
    expect(costRatio([], [], [])).toBeNull();
  });
});

describe("the sparkline", () => {
  it("draws the smallest value lowest and the largest highest", () => {
    expect(sparkline([0, 7, 3.5])).toBe("▁█▅");
  });

  it("stays low when the change is smaller than what is worth seeing", () => {
    expect(sparkline([1000, 1007], 1000)).toBe("▁▁");
  });

  it("is flat when nothing changes", () => {
    expect(sparkline([64, 64, 64])).toBe("▁▁▁");
  });
});
