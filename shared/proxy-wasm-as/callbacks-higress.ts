// Higress-only callbacks. Exporting them is harmless elsewhere, hosts ignore unknown names.
export { proxy_on_redis_call_response } from "./assembly/abi/redis-call";
