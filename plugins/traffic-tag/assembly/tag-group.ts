import { ConditionGroup } from "@ai-gateway-wasm/conditions";
import { Tag } from "./tag";

/** A tag for the requests that hold some conditions. */
@final
export class TagGroup {
  constructor(
    readonly tag: Tag,
    readonly conditions: ConditionGroup,
  ) {}
}
