// Keys that are lent to requests, and when a key may be used (key-auth.md 3.4, 3.6).
export { chooseLentKey, LentKey, readLentValue, readLentWeight } from "./assembly/keys/lent-key";
export { Validity, Verdict } from "./assembly/keys/validity";
