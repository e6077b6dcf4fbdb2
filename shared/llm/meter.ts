// What a request uses, from its headers to the end of its response, for plugins that charge for it.
export { askReadably, UsageMeter } from "./assembly/usage/meter";
