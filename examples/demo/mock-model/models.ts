/** The models the mock lists. Requests may name any other: the mock answers for all of them. */
export const MODELS = [
  "gpt-4o",
  "gpt-4o-mini",
  "deepseek-r1",
  "qwen-max",
  "text-embedding-3-small",
];

/** One entry of `/v1/models`, also the answer of `/v1/models/<id>`. */
export function model(id: string): object {
  return { id, object: "model", created: 1_700_000_000, owned_by: "mock" };
}

/** The answer of `/v1/models`. */
export function modelList(): object {
  return { object: "list", data: MODELS.map(model) };
}
