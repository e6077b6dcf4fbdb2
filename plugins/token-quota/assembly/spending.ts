import { Slice } from "@ai-gateway-wasm/bytes";
import { TokenUsage } from "@ai-gateway-wasm/llm";
import { UsageMeter } from "@ai-gateway-wasm/llm/meter";
import { Metering, Unit } from "./metering";

const NOTHING: TokenUsage = new TokenUsage();

/** What one request spends, known step by step from its headers to the end of its response. */
@final
export class Spending extends UsageMeter {
  /**
   * @param model that the request asks for; empty when nobody says
   * @param isReported tokens are wanted even where they do not decide what is charged
   */
  constructor(
    private readonly metering: Metering,
    model: Slice,
    private readonly isReported: bool,
  ) {
    super(metering.pricing, metering.estimate, metering.estimates);
    this.model = model;
    this.expectPrompt();
  }

  /** Whether the response's body is wanted. */
  get readsResponse(): bool {
    return this.metering.unit != Unit.Requests || this.isReported;
  }

  /**
   * What to take before the request goes on; 0 when nothing is reserved. The answer's part is a default,
   * so it is taken for one that fits the smallest grant (token-rate-limit.md 7.5).
   *
   * @param grant 0: none is known
   */
  reservation(grant: i64): i64 {
    const metering = this.metering;
    if (!metering.reservation.isOn) return 0;
    if (metering.unit == Unit.Requests) return 1;
    const whole = this.price(this.estimated(this.estimate.completionTokens));
    return grant > 0 ? max(this.price(this.estimated(0)), min(whole, grant)) : whole;
  }

  /** Whether it is known, or was estimated, what was spent. */
  get isKnown(): bool {
    return this.metering.unit == Unit.Requests || this.said !== null || this.isEstimated;
  }

  /** A success that did not say what it used: it is free. */
  get isLost(): bool {
    return !this.isKnown && this.status >= 200 && !this.hasFailed;
  }

  /** An error without usage, of the upstream or of a plugin after this one: nobody was served. */
  get isRefused(): bool {
    return this.hasFailed && this.said === null;
  }

  /** What is charged. */
  get amount(): i64 {
    // A request that its client gave up before the answer was sent all the same.
    if (this.metering.unit == Unit.Requests) return this.hasFailed ? 0 : 1;
    return this.price(this.usage);
  }

  /** Tokens, as the response says or as they are estimated. */
  get usage(): TokenUsage {
    const said = this.said;
    if (said !== null) return said;
    return this.isEstimated ? this.guess() : NOTHING;
  }

  private get hasFailed(): bool {
    return this.status >= 400;
  }

  /** Errors without usage are free. */
  private get isEstimated(): bool {
    return this.estimates && !this.hasFailed;
  }
}
