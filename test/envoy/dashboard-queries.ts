import { readFileSync } from "node:fs";

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
  templating: { list: { name: string; query: string }[] };
}
const { panels, templating } = JSON.parse(
  readFileSync("examples/statistics/dashboard.json", "utf8"),
) as Dashboard;

/** All queries of examples/statistics/dashboard.json with their panel's name; variables stand for everything. */
export const DASHBOARD_QUERIES = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }): [panel: string, query: string] => [
    title,
    expr.replace(/\$(\w+)/g, (_, name: string) => {
      const variable = templating.list.find((one) => one.name === name);
      return name.endsWith("_price") ? (variable?.query ?? "") : ".*";
    }),
  ]),
);

/** Where the choices of its variables come from. */
export const DASHBOARD_VARIABLES = templating.list.flatMap(({ name, query }) => {
  const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
  return metric && label ? [{ name, metric, label }] : [];
});
