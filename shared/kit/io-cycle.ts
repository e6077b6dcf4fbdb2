// How many requests of a connection a gateway begins at once (host.md 5.10).
export { limitRequestsPerCycle } from "./assembly/io-cycle";
