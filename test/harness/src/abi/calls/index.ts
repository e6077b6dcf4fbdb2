import type { HostFunctions } from "../guest";
import { bufferCalls } from "./buffers";
import { clockCalls } from "./clock";
import { compatCalls, flowCalls } from "./flow";
import { foreignCalls } from "./foreign";
import { grpcCalls } from "./grpc";
import { headerCalls } from "./headers";
import { httpCalls } from "./http-call";
import { logCalls } from "./log";
import { metricCalls } from "./metrics";
import { propertyCalls } from "./properties";
import { queueCalls } from "./queues";
import { higressCalls } from "./redis";
import { sharedDataCalls } from "./shared";

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
