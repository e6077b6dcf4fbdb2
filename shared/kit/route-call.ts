// A request of the plugin's own in place of the client's (host.md 5.9).
export { RouteAnswer, RouteCall } from "./assembly/http/route-call";
export { HttpRequest } from "./assembly/http-request";
