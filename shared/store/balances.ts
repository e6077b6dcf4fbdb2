// Balances that are reserved from: quotas.
export { Balance } from "./assembly/balances/balance";
export { ReserveBalance } from "./assembly/balances/reserve";
export { SettleBalance } from "./assembly/balances/settle";
export { AddToGrant } from "./assembly/balances/add";
export { SetBalance } from "./assembly/balances/set";
export { RemoveBalance } from "./assembly/balances/remove";
