import { ConfigReader, Tristate } from "@ai-gateway-wasm/kit";
import { RequestFeatures } from "./request-features";

/** `when` of a target: the kind of requests it is for. */
@final
export class Requirement {
  private readonly stream: Tristate;
  private readonly tools: Tristate;
  private readonly vision: Tristate;

  constructor(when: ConfigReader | null) {
    this.stream = when === null ? Tristate.Unset : when.tristate("stream");
    this.tools = when === null ? Tristate.Unset : when.tristate("tools");
    this.vision = when === null ? Tristate.Unset : when.tristate("vision");
  }

  /** Looking for images costs a walk over all messages. */
  get asksForVision(): bool {
    return this.vision != Tristate.Unset;
  }

  holds(request: RequestFeatures): bool {
    return (
      agrees(this.stream, request.streams) &&
      agrees(this.tools, request.hasTools) &&
      agrees(this.vision, request.hasImages)
    );
  }
}

function agrees(wanted: Tristate, is: bool): bool {
  return wanted == Tristate.Unset || (wanted == Tristate.True) == is;
}
