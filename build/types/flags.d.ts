/** Set by `build/tools/build.ts` in the build for Higress; test it with `isDefined(HIGRESS)`. */
declare const HIGRESS: bool | undefined;

/** Full collection, of the runtime `minimal`; asc knows it, its type definitions do not. */
declare function __collect(): void;
