/** What a rule tells requests apart by; the order in which a later one wins (token-rate-limit.md 2.3). */
export const enum LimitBy {
  None = -1,
  Header = 0,
  Param,
  Cookie,
  PerHeader,
  PerParam,
  PerCookie,
  Consumer,
  PerConsumer,
  PerIp,
  Model,
  PerModel,
}

/** The fields, by `LimitBy`. */
export const LIMIT_BY: string[] = [
  "limit_by_header",
  "limit_by_param",
  "limit_by_cookie",
  "limit_by_per_header",
  "limit_by_per_param",
  "limit_by_per_cookie",
  "limit_by_consumer",
  "limit_by_per_consumer",
  "limit_by_per_ip",
  "limit_by_model",
  "limit_by_per_model",
];

const PER_VALUE: u32 =
  (1 << LimitBy.PerHeader) |
  (1 << LimitBy.PerParam) |
  (1 << LimitBy.PerCookie) |
  (1 << LimitBy.PerConsumer) |
  (1 << LimitBy.PerModel);

const NAMELESS: u32 =
  (1 << LimitBy.Consumer) |
  (1 << LimitBy.PerConsumer) |
  (1 << LimitBy.Model) |
  (1 << LimitBy.PerModel);

/** True for rules with a counter per value: their keys are patterns. */
export function isPerValue(by: LimitBy): bool {
  return ((PER_VALUE >> by) & 1) != 0;
}

/** True where being there is enough and the value says nothing. */
export function isNameless(by: LimitBy): bool {
  return ((NAMELESS >> by) & 1) != 0;
}
