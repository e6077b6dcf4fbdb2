/** An element with attributes and children; children are elements or text. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for drawings. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/**
 * A table. `columns` are `{ title, isNumber }` or `{ isBar }`, rows are lists of text or elements; the first
 * cell of a row is its heading.
 */
export function table(label, columns, rows) {
  const kind = ({ isNumber, isBar }) => (isNumber ? "number" : isBar ? "bar" : "");
  // A column of bars has no heading: the numbers beside it have.
  const head = columns.map((column) =>
    column.isBar
      ? element("td", { class: "bar" })
      : element("th", { scope: "col", class: kind(column) }, column.title),
  );
  const body = rows.map(([first, ...rest]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      ...rest.map((cell, i) => element("td", { class: kind(columns[i + 1]) }, cell)),
    ),
  );
  return element(
    "table",
    { "aria-label": label },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}

/** A bar of one or two parts; the numbers stand beside it, so it is hidden from screen readers. */
export function bar(most, ...parts) {
  let from = 0;
  const rects = parts.map((part, i) => {
    const width = most > 0 ? (part / most) * 100 : 0;
    const rect = shape("rect", { class: i === 0 ? "one" : "two", x: from, width, height: 10 });
    from += width;
    return rect;
  });
  const box = { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" };
  return shape("svg", box, ...rects);
}

/** Shows text or elements in place of what was there, unless it is the same. */
export function show(id, ...children) {
  const place = document.getElementById(id);
  const next = element("div", {}, ...children);
  if (place.innerHTML !== next.innerHTML) place.replaceChildren(...next.childNodes);
}

/** `1 234`, `1.2`; a dash for what is not known. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replaceAll(",", " ");
}

/** The value below which so much of a list is; NaN for an empty one. */
export function percentile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
