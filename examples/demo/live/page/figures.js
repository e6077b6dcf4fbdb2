// Numbers and charts. Every chart is a table with bars, so that it reads the same without eyes.
import { bar, element, number, percentile, shape, show, table } from "./dom.js";

const DOTS = 60;
const OWN_ANSWERS = new Map([
  ["from-cache", "from the cache"],
  ["from-security-guard", "from content-security"],
]);

/** Everything that comes from Envoy's counters. */
export function showFigures(figures) {
  showTiles(figures);
  showModels(figures.models);
  showConsumers(figures.consumers);
  showRefusals(figures.refusals, figures.fallbacks);
}

function showTiles({ requests, clientAborts, refusals, cache, consumers, fallbacks }) {
  const refused = refusals.reduce((total, { count }) => total + count, 0);
  const tokens = consumers.reduce((total, { input, output }) => total + input + output, 0);
  const asked = cache.hits + cache.misses;
  const tiles = [
    ["Requests", number(requests)],
    ["Refused", number(refused)],
    ["Tokens", number(tokens)],
    ["Cache hit rate", asked > 0 ? `${number((cache.hits / asked) * 100)} %` : "–"],
    ["Saved by the cache", number(cache.savedTokens)],
    ["Fallbacks", number(fallbacks.reduce((total, { served }) => total + served, 0))],
    ["Clients that left", number(clientAborts)],
  ];
  const pairs = tiles.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  show("tiles", ...pairs);
}

function showModels(models) {
  if (models.length === 0) return show("models", nothing("No answer yet."));
  const total = models.reduce((sum, { answers }) => sum + answers, 0);
  const rows = models.map(({ model, answers }) => [
    OWN_ANSWERS.get(model) ?? model,
    bar(total, answers),
    number(answers),
    `${number((answers / total) * 100)} %`,
  ]);
  const columns = [
    { title: "Model" },
    { isBar: true },
    { title: "Answers", isNumber: true },
    { title: "Share", isNumber: true },
  ];
  return show("models", table("Answers by model", columns, rows));
}

function showConsumers(consumers) {
  if (consumers.length === 0) return show("consumers", nothing("No tokens yet."));
  const most = Math.max(...consumers.map(({ input, output }) => input + output));
  const rows = consumers.map(({ consumer, input, output }) => [
    consumer,
    bar(most, input, output),
    number(input),
    number(output),
  ]);
  const columns = [
    { title: "Consumer" },
    { isBar: true },
    { title: element("span", { class: "key" }, "Input"), isNumber: true },
    { title: element("span", { class: "key two" }, "Output"), isNumber: true },
  ];
  return show("consumers", table("Tokens by consumer", columns, rows));
}

/** What the budget of each consumer is, and what is used of it. */
export function showQuotas(quotas) {
  if (quotas.length === 0) return show("quotas", nothing("Nobody has a budget."));
  const rows = quotas.map(({ consumer, left, input, output, requests }) => [
    consumer,
    bar(input + output + Math.max(left, 0), input + output),
    number(input + output),
    number(left),
    number(requests),
  ]);
  const columns = [
    { title: "Consumer" },
    { isBar: true },
    { title: "Used", isNumber: true },
    { title: "Left", isNumber: true },
    { title: "Requests", isNumber: true },
  ];
  const [{ period }] = quotas;
  const label = period === null ? "Tokens used and left" : `Tokens used and left, ${period}`;
  return show("quotas", table(label, columns, rows));
}

function showRefusals(refusals, fallbacks) {
  const open = fallbacks.flatMap(({ openTargets }) => openTargets);
  const breaker = open.length > 0 ? [nothing(`Not asked for a while: ${open.join(", ")}.`)] : [];
  if (refusals.length === 0) return show("refusals", nothing("Nothing yet."), ...breaker);
  const most = Math.max(...refusals.map(({ count }) => count));
  const rows = refusals.map(({ plugin, reason, count }) => [
    `${plugin}: ${reason}`,
    bar(most, count),
    number(count),
  ]);
  const columns = [{ title: "By" }, { isBar: true }, { title: "Requests", isNumber: true }];
  return show("refusals", table("Refused requests", columns, rows), ...breaker);
}

/** Percentiles from Envoy's histograms, and a dot for each stream of the list. */
export function showLatency(percentiles, requests) {
  if (percentiles.length === 0) return show("latency", nothing("No stream yet."));
  const rows = percentiles.map(({ model, p50, p95 }) => [
    OWN_ANSWERS.get(model) ?? model,
    number(p50),
    number(p95),
  ]);
  const columns = [
    { title: "Model" },
    { title: "Median, ms", isNumber: true },
    { title: "95 %, ms", isNumber: true },
  ];
  const streams = requests.filter(({ firstToken }) => firstToken !== null).slice(-DOTS);
  const first = table("Milliseconds to the first token", columns, rows);
  return show("latency", first, ...(streams.length > 1 ? dots(streams) : []));
}

/** The first bytes of the last streams, oldest left. */
function dots(streams) {
  const times = streams.map(({ firstToken }) => firstToken);
  const most = Math.max(...times, 1);
  const [width, height, edge] = [400, 100, 5];
  const x = (i) => edge + (i / (times.length - 1)) * (width - 2 * edge);
  const y = (ms) => height - (ms / most) * (height - 2 * edge);
  const text =
    `First bytes of the last ${times.length} streams: median ` +
    `${number(percentile(times, 0.5))} ms, most ${number(most)} ms`;
  const drawing = shape(
    "svg",
    { class: "dots", viewBox: `0 0 ${width} ${height + edge}`, "aria-hidden": "true" },
    shape("line", { x1: 0, x2: width, y1: height, y2: height }),
    ...times.map((ms, i) => shape("circle", { cx: x(i), cy: y(ms), r: 3.5 })),
  );
  return [element("p", { class: "small" }, `${text}.`), drawing];
}

/** What the requests of the list took in each plugin. */
export function showCost(requests) {
  const plugins = requests.at(-1)?.steps.map(({ plugin }) => plugin) ?? [];
  const medians = plugins.map((plugin, i) => {
    const took = requests.map(({ steps }) => steps[i].us).filter((us) => us !== null);
    return [plugin, took.length, percentile(took, 0.5), percentile(took, 0.95)];
  });
  const most = Math.max(...medians.map(([, , median]) => median || 0), 1);
  const answers = requests.map(({ answerUs }) => answerUs).filter((us) => us !== null);
  const rows = medians.map(([plugin, count, median, high]) => [
    plugin,
    bar(most, median || 0),
    number(median),
    number(high),
    number(count),
  ]);
  rows.push([
    "all, of the answer’s first bytes",
    "",
    number(percentile(answers, 0.5)),
    number(percentile(answers, 0.95)),
    number(answers.length),
  ]);
  const columns = [
    { title: "Plugin" },
    { isBar: true },
    { title: "Median, µs", isNumber: true },
    { title: "95 %, µs", isNumber: true },
    { title: "Requests", isNumber: true },
  ];
  show("cost", table("Microseconds of each plugin", columns, rows));
}

function nothing(text) {
  return element("p", { class: "note" }, text);
}
