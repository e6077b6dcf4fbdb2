/** What is done with what comes next of a request or its answer. */
export const enum Stage {
  /** Nothing is looked at. */
  Idle,
  /** A body is held until it is complete. */
  Reads,
  /** It is complete, and a judge is asked. */
  Asks,
  /** Events are let through as they are judged. */
  Streams,
}
