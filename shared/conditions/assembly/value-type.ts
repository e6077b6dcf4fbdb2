/** Where the value of a condition comes from; the order of `VALUE_TYPES`. */
export const enum ValueType {
  Header,
  /** Of the query. */
  Parameter,
  Cookie,
  // What only model-router asks for.
  Model,
  /** At a path of a JSON body. */
  Body,
  Consumer,
}

/** The words of a configuration. */
export const VALUE_TYPES: string[] = ["header", "parameter", "cookie", "model", "body", "consumer"];
