// What `live.ts` may be compiled with (`--use NAME=1`). It exists only for `isDefined`.
declare const ISOLATING: i32;
