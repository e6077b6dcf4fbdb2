/** What a request told of its client. One per stream. */
@final
export class Client {
  /** It waits for events. */
  wantsStream: bool = false;
}
