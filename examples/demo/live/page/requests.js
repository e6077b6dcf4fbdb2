// The list of requests, each with its way through the chain.
import { element, number } from "./dom.js";

/** More are not in the list. */
const SHOWN = 40;
const SIGNS = { passed: "✓", changed: "✎", answered: "↩", refused: "✕", unseen: "·" };

export class RequestList {
  constructor() {
    this.place = document.getElementById("list");
    this.waiting = [];
    this.pause = document.getElementById("pause");
    this.pause.addEventListener("change", () => this.add([]));
  }

  clear() {
    this.place.replaceChildren();
    this.waiting = [];
  }

  /** Puts requests on top, or keeps them back while the list is held still. */
  add(requests) {
    this.waiting = [...this.waiting, ...requests].slice(-SHOWN);
    if (this.pause.checked) return;
    for (const request of this.waiting) this.place.prepend(row(request));
    this.waiting = [];
    while (this.place.childElementCount > SHOWN) this.place.lastElementChild.remove();
    document.getElementById("none").hidden = this.place.childElementCount > 0;
  }
}

function row(request) {
  return element(
    "li",
    { class: "new" },
    element("p", { class: "summary" }, ...summary(request)),
    element("ol", { class: "chain" }, ...request.steps.map(step)),
  );
}

function summary(request) {
  const { status, time, consumer, method, path, tokens, firstToken, duration, steps } = request;
  const isBad = request.isRefused || status === 0 || status >= 400;
  const facts = [
    element("span", { class: `status${isBad ? " bad" : ""}` }, statusText(request)),
    element("time", { datetime: time }, new Date(time).toLocaleTimeString("en-GB")),
    element("span", {}, consumer ?? "nobody"),
    element("span", {}, modelText(request) ?? `${method} ${path}`),
  ];
  if (tokens) facts.push(element("span", {}, `${tokens.input} + ${tokens.output} tokens`));
  if (firstToken !== null) facts.push(element("span", {}, `first bytes ${firstToken} ms`));
  facts.push(element("span", {}, `${number(duration)} ms`));
  const took = steps.reduce((total, { us }) => total + (us ?? 0), 0);
  facts.push(element("span", {}, `plugins ${number(took / 1000, 2)} ms`));
  return facts;
}

function statusText({ status, isRefused, answeredBy }) {
  if (status === 0) return "no answer";
  if (isRefused) return `${status} refused`;
  return answeredBy === null ? String(status) : `${status} from ${answeredBy}`;
}

/** What was asked for, and what answered in its place. */
function modelText({ requestedModel, model }) {
  if (requestedModel === null || model === null || requestedModel === model) {
    return requestedModel ?? model;
  }
  return `${requestedModel} → ${model}`;
}

function step({ plugin, state, note, us }) {
  const name = element(
    "b",
    {},
    element("span", { "aria-hidden": "true" }, `${SIGNS[state]} `),
    plugin,
  );
  const took = us === null ? [] : [element("span", { class: "took" }, `${number(us)} µs`)];
  return element("li", { class: `step ${state}` }, name, note, ...took);
}
