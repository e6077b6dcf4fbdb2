// The page: listens to what the gateway does and hands it to the parts that show it.
import { startControls } from "./controls.js";
import { showCost, showFigures, showLatency, showQuotas } from "./figures.js";
import { RequestList } from "./requests.js";

/** So many requests are looked at for medians. */
const KEPT = 200;

const connection = document.getElementById("connection");
const list = new RequestList();
let requests = [];
let figures = null;

const events = new EventSource("events");
events.addEventListener("open", () => {
  connection.textContent = "Connected to the gateway.";
});
events.addEventListener("error", () => {
  connection.textContent = "The gateway does not answer. Trying again …";
});
// The first event of each connection: what follows is told from the beginning.
events.addEventListener("chain", () => {
  requests = [];
  list.clear();
});
events.addEventListener("requests", ({ data }) => {
  const added = JSON.parse(data);
  requests = [...requests, ...added].slice(-KEPT);
  list.add(added);
  showCost(requests);
  if (figures) showLatency(figures.firstToken, requests);
});
events.addEventListener("figures", ({ data }) => {
  figures = JSON.parse(data);
  showFigures(figures);
  showLatency(figures.firstToken, requests);
});
events.addEventListener("quotas", ({ data }) => showQuotas(JSON.parse(data)));

startControls();
