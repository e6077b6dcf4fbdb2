// What every plugin with a store needs. The questions have entries of their own, so that a plugin
// carries only those it asks: `store/buckets`, `store/values`, `store/balances`.
export { STORE_TAGS, StoreCalls } from "./assembly/calls";
export { Residence, StoreCommand } from "./assembly/command";
export { readStore, StorePlugin } from "./assembly/config";
export { Debts } from "./assembly/debts";
export { BucketState, NO_STATES, StoreFailure, StoreReply } from "./assembly/reply";
export { LastingStoreRoot, StoreRoot } from "./assembly/root";
export { FailMode, Store, StoreKind } from "./assembly/store";
export { StoreStream } from "./assembly/stream";
