/** Set by `build/tools/build.ts` in the build for Higress; test it with `isDefined(HIGRESS)`. */
declare const HIGRESS: bool | undefined;

/** Set in the harness's own probe module for the profile `proxytest`. */
declare const PROXYTEST: bool | undefined;

/** Full collection, of the runtime `minimal`; asc knows it, its type definitions do not. */
declare function __collect(): void;
