/** Set by `build/tools/build.ts` in the build for Higress; test it with `isDefined(HIGRESS)`. */
declare const HIGRESS: bool | undefined;
