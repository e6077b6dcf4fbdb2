// Cached answers in shared data: a fixed table, and who is asking what (ai-cache.md, Annex D).
export { Claim, Flights, LONGEST_CLAIM_MS } from "./assembly/slots/flights";
export { SlotGauges } from "./assembly/slots/gauges";
export { Geometry, MAX_SETS, MAX_WAYS } from "./assembly/slots/geometry";
export { SlotEntry } from "./assembly/slots/slot";
export { Sweeper } from "./assembly/slots/sweeper";
export { Put, SlotTable } from "./assembly/slots/table";
