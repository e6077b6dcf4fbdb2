// Metrics by route, cluster, model and consumer: the names that gateways make labels of.
export { countsEveryRequest } from "./assembly/series/config";
export { NO_LABEL } from "./assembly/series/label";
export { Labels, NONE, requestLabels } from "./assembly/series/labels";
export { RecentSeries } from "./assembly/series/recent";
export { Series } from "./assembly/series/series";
export { MOST_SERIES, SeriesTable } from "./assembly/series/table";
