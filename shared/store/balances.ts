// Balances that are reserved from: quotas.
export { ReserveBalance } from "./assembly/balances/reserve";
export { SettleBalance } from "./assembly/balances/settle";
export { AddToGrant } from "./assembly/balances/add";
