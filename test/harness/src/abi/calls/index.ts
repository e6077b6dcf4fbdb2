import type { HostFunctions } from "../guest.js";
import { bufferCalls } from "./buffers.js";
import { clockCalls } from "./clock.js";
import { compatCalls, flowCalls } from "./flow.js";
import { foreignCalls } from "./foreign.js";
import { grpcCalls } from "./grpc.js";
import { headerCalls } from "./headers.js";
import { httpCalls } from "./http-call.js";
import { logCalls } from "./log.js";
import { metricCalls } from "./metrics.js";
import { propertyCalls } from "./properties.js";
import { queueCalls } from "./queues.js";
import { higressCalls } from "./redis.js";
import { sharedDataCalls } from "./shared.js";

/** Every function of module `env`. */
export const envFunctions: HostFunctions = {
  ...headerCalls,
  ...bufferCalls,
  ...httpCalls,
  ...grpcCalls,
  ...higressCalls,
  ...sharedDataCalls,
  ...queueCalls,
  ...metricCalls,
  ...propertyCalls,
  ...logCalls,
  ...clockCalls,
  ...foreignCalls,
  ...flowCalls,
  ...compatCalls,
};
