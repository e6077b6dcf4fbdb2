import { Builder } from "@ai-gateway-wasm/bytes";
import { QuerySyntax, settleRoute, withoutParameters } from "@ai-gateway-wasm/kit";
import { chooseLentKey } from "@ai-gateway-wasm/kit/lent-keys";
import { requestHeaders, setProperty, Status } from "proxy-wasm-as";
import { Access } from "./access";
import { AuthConfig } from "./config";
import { ApiKey } from "./consumers";
import { nameOf } from "./credentials";
import { CONSUMER_PROPERTY, ORIGINAL_AUTH, PATH } from "./names";
import { Profile } from "./profile";
import { findProvider, ProviderKey } from "./provider-keys";
import { Denial } from "./replies";

/**
 * Takes the consumer's key out of the request and puts the provider's in (key-auth.md 3.6). Which
 * provider is a matter of the route, never of the consumer, so no key reaches a foreign provider.
 */
export function forward(access: Access, key: ApiKey): Denial {
  const auth = access.auth;
  const provider = access.lender;
  const consumer = nameOf(key);
  let lent: ProviderKey | null = null;
  if (provider !== null) {
    const lender = findProvider(auth.options.providers, provider);
    if (lender !== null) lent = chooseLentKey(lender.keys, consumer);
    if (lent === null && auth.options.deniesMissingProviderKey) return Denial.NoProviderKey;
  }
  if (lent === null && access.forwardsCredential) return Denial.None;
  // Routes may match on the consumer's name, which is set, but what we take out must not count.
  settleRoute();
  if (strip(auth) != Status.Ok) return Denial.NotAllowed;
  if (lent !== null && requestHeaders.set(lent.header, lent.value) != Status.Ok) {
    return Denial.NoProviderKey;
  }
  setProperty(
    CONSUMER_PROPERTY,
    new Builder().append(consumer).appendByte(0x0a).append(key.id).view(),
  );
  return Denial.None;
}

/** Removes every place that carries a key, all values of it; the host's answers, ored. */
function strip(auth: AuthConfig): i32 {
  let status: i32 = requestHeaders.remove(ORIGINAL_AUTH);
  const headers = auth.authenticator.headerNames();
  for (let i = 0; i < headers.length; i++) {
    status |= requestHeaders.remove(headers[i]);
  }
  const parameters = auth.authenticator.parameterNames();
  const path = parameters.length > 0 ? requestHeaders.get(PATH) : null;
  if (path === null) return status;
  const syntax = auth.profile == Profile.Go ? QuerySyntax.Go : QuerySyntax.Envoy;
  const stripped = withoutParameters(path, parameters, syntax);
  return stripped.length == path.length ? status : status | requestHeaders.set(PATH, stripped);
}
