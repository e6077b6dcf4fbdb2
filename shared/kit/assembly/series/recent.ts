import { Slice } from "@ai-gateway-wasm/bytes";
import { Labels } from "./labels";
import { Series } from "./series";
import { MOST_SERIES, SeriesTable } from "./table";

/** A power of two. */
const PLACES: i32 = 64;
/** Longer label sets are looked up each time. */
const MOST_BYTES: i32 = 512;

/** Labels as they were asked for, and where they count. */
@final
class Recent {
  constructor(
    readonly labels: Labels,
    readonly series: Series,
  ) {}
}

/** Finds what was counted in lately again without building its name: for what every request counts. */
@final
export class RecentSeries {
  private readonly places: StaticArray<Recent | null> = new StaticArray<Recent | null>(PLACES);

  constructor(private readonly table: SeriesTable) {}

  /** The series of these labels. @param most as in `SeriesTable#of`, which is asked each time beyond it */
  of(labels: Labels, most: i32 = MOST_SERIES): Series {
    const place = placeOf(labels);
    const recent = this.places[place];
    if (recent !== null && recent.labels.equals(labels)) return recent.series;
    const series = this.table.of(labels, most);
    if (this.table.isOwn && labels.length <= MOST_BYTES)
      this.places[place] = new Recent(labels.copy(), series);
    return series;
  }
}

/** By lengths and last bytes, where most names differ. Equal places only cost time. */
function placeOf(labels: Labels): i32 {
  let hash = mixed(0, labels.route);
  hash = mixed(hash, labels.cluster);
  hash = mixed(hash, labels.model);
  return mixed(hash, labels.consumer) & (PLACES - 1);
}

function mixed(hash: i32, label: Slice): i32 {
  const last = label.at(label.length - 1) + label.at(label.length - 2) * 10;
  return hash * 31 + label.length * 7 + last;
}
