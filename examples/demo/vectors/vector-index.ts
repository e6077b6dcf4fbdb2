import { check } from "./wire.js";

/** Something stored under a vector. */
export interface Point {
  id: string;
  vector: number[];
  fields: Record<string, unknown>;
}

export interface Hit {
  point: Point;
  /** Cosine of the angle to what was asked for: 1 is the same direction. */
  cosine: number;
}

/** What all databases of demo and tests have inside: vectors of one length, and the true nearest of them. */
export class VectorIndex {
  private readonly points: Point[] = [];
  private dimension = 0;
  private nextId = 1;

  get size(): number {
    return this.points.length;
  }

  /** All that is stored, oldest first. */
  get all(): readonly Point[] {
    return this.points;
  }

  /** @param id in place of one with the same id; left out: a new one */
  store(vector: number[], fields: Record<string, unknown>, id = String(this.nextId++)): Point {
    if (this.dimension === 0) this.dimension = vector.length;
    this.checkDimension(vector);
    const point = { id, vector, fields };
    const known = this.points.findIndex((other) => other.id === id);
    if (known >= 0) this.points[known] = point;
    else this.points.push(point);
    return point;
  }

  /** Takes away what is `old`; answers how many there were. */
  remove(old: (point: Point) => boolean): number {
    const kept = this.points.filter((point) => !old(point));
    const count = this.points.length - kept.length;
    this.points.splice(0, this.points.length, ...kept);
    return count;
  }

  has(id: string): boolean {
    return this.points.some((point) => point.id === id);
  }

  /** The nearest, best first. */
  search(vector: number[], k: number, accepts: (point: Point) => boolean = () => true): Hit[] {
    check(Number.isInteger(k) && k > 0, `${k} results`);
    if (this.dimension > 0) this.checkDimension(vector);
    return this.points
      .filter(accepts)
      .map((point) => ({ point, cosine: cosineOf(vector, point.vector) }))
      .sort((left, right) => right.cosine - left.cosine)
      .slice(0, k);
  }

  private checkDimension(vector: number[]): void {
    const { dimension } = this;
    check(vector.length === dimension, `dimension ${vector.length} instead of ${dimension}`);
  }
}

export function cosineOf(left: number[], right: number[]): number {
  const dot = (a: number[], b: number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}
