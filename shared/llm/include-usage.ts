// Making a request of OpenAI's ask for its usage.
export { askForUsage } from "./assembly/request/include-usage";
