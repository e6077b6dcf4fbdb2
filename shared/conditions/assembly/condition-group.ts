import { Condition } from "./condition";
import { RequestValues } from "./request-values";

/** Conditions of which all, or any, must hold. */
@final
export class ConditionGroup {
  readonly conditions: Condition[] = [];

  /** @param needsAll `and`; else `or` */
  constructor(private readonly needsAll: bool) {}

  /** A value that the request does not have fails `and`, and is passed over by `or`. None is no match. */
  holds(request: RequestValues): bool {
    const conditions = this.conditions;
    for (let i = 0; i < conditions.length; i++) {
      const value = request.find(conditions[i].type, conditions[i].key);
      const holds = value !== null && conditions[i].holds(value);
      if (holds != this.needsAll) return holds;
    }
    return this.needsAll && conditions.length > 0;
  }
}
