import { Backend } from "./backend";

/** What any of the judges of a configuration wants. */
@final
export class Needs {
  /** To know the request with the answer. */
  prompt: bool = false;
  /** To judge images. */
  images: bool = false;
  /** To be asked about windows of a stream without text. */
  empty: bool = false;
  /** To hear all of a stream so far. */
  all: bool = false;
  /** To have another text in the place of a text. */
  masks: bool = false;

  /** @param masks sensitive data is to be masked */
  constructor(backends: Backend[], masks: bool) {
    for (let i = 0; i < backends.length; i++) {
      const backend = backends[i];
      this.prompt = this.prompt || backend.wantsPrompt;
      this.images = this.images || backend.knowsImages;
      this.empty = this.empty || backend.submitsEmpty;
      this.masks = this.masks || backend.masks(masks);
      this.all = this.all || backend.isCumulative;
    }
  }
}
