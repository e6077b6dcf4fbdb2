// For modules with several plugins (`npm run build -- --chain`); apart from `index.ts` so that the
// others do not hold it.
export { registerAs } from "./assembly/context/together";
