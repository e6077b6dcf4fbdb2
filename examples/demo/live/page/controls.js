// The buttons: scenarios send requests, faults are switches of the model.
import { element } from "./dom.js";

const LOOK_AGAIN_MS = 3000;

const outcome = document.getElementById("outcome");

/** Fetches the buttons, and looks now and then whether somebody else moved a switch. */
export async function startControls() {
  const { scenarios } = await fetch("controls").then((answer) => answer.json());
  const items = scenarios.map((scenario) => item(scenario, (button) => play(scenario, button)));
  document.getElementById("scenarios").replaceChildren(...items);
  const refresh = async () => showFaults(await fetch("controls").then((answer) => answer.json()));
  await refresh();
  setInterval(() => void refresh().catch(() => {}), LOOK_AGAIN_MS);
}

function item({ title, about }, onClick) {
  const button = element(
    "button",
    { type: "button" },
    element("strong", {}, title),
    element("span", { class: "about" }, about),
  );
  button.addEventListener("click", () => void onClick(button));
  return element("li", {}, button);
}

/** The button keeps the focus while it is busy, and does nothing then. */
async function play({ id, title }, button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  outcome.textContent = `${title}: sent …`;
  try {
    const { statuses, text } = await post(`scenarios/${id}`);
    outcome.textContent = `${title}: ${counted(statuses)}. ${text}`;
  } catch {
    outcome.textContent = `${title}: the page's server does not answer.`;
  }
  button.removeAttribute("aria-disabled");
}

/** `200 × 18, 429 × 2` */
function counted(statuses) {
  const counts = new Map();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .map(([status, count]) => (count > 1 ? `${status} × ${count}` : `${status || "no answer"}`))
    .join(", ");
}

function showFaults({ faults }) {
  const place = document.getElementById("faults");
  if (place.childElementCount === 0) {
    place.replaceChildren(...faults.map((fault) => item(fault, () => toggle(fault))));
  }
  faults.forEach(({ isOn }, i) => {
    place.children[i].firstElementChild.setAttribute("aria-pressed", String(isOn));
  });
}

async function toggle({ id, title }) {
  const controls = await post(`faults/${id}`);
  showFaults(controls);
  const { isOn } = controls.faults.find((fault) => fault.id === id);
  outcome.textContent = `${title}: ${isOn ? "on" : "off"}.`;
}

async function post(path) {
  const answer = await fetch(path, { method: "POST" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
