// A root whose rules are refused one by one, for plugins that guard nothing by rules (host.md 2.8).
export { IsolatingRoot } from "./assembly/isolating-root";
