// For plugins that have something to do before their configuration is read (host.md 2.3).
export { startHookFailed } from "./assembly/start-hook";
