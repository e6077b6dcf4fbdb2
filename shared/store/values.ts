// Single values: balances without reservation, cached answers.
export { AddValue } from "./assembly/values/add";
export { GetValue } from "./assembly/values/get";
export { GetValues } from "./assembly/values/get-many";
export { RemoveValue } from "./assembly/values/remove";
export { SetValue } from "./assembly/values/set";
