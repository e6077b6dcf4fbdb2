export { Sha256, sha256, sha256Once } from "./assembly/sha256";
export { Sha1, sha1 } from "./assembly/sha1";
export { Md5, md5 } from "./assembly/md5";
export { HmacSha256, hmacSha256 } from "./assembly/hmac-sha256";
export { HmacSha1, hmacSha1 } from "./assembly/hmac-sha1";
export { DigestTable } from "./assembly/digest-table";
export { sipHash128 } from "./assembly/siphash";
