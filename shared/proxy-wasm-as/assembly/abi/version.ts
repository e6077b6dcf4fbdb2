// Hosts look for the names only and never call these.
export function proxy_abi_version_0_2_100(): void {}
export function proxy_abi_version_0_2_1(): void {}
