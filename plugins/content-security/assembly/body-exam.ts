import { Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse } from "proxy-wasm-as";
import { Exam, Examiner, Outcome } from "./exam";
import { Image } from "./image";
import { Phase } from "./judge/backend";
import { Documents } from "./judge/documents";
import { Judgement } from "./judge/judgement";
import { Masking } from "./masking";

/**
 * Has a body judged: its texts as one, then its images, one after another. As in the peer, images are
 * not looked at when the text could not be judged, and the last image has the last word on what the
 * log says (content-security.md 3.2).
 */
@final
export class BodyExam {
  /** The text as it goes on. */
  text: Slice;
  isMasked: bool = false;
  /** Of all of it something could not be judged. */
  hasFailed: bool = false;
  /** Of the text, then of one image after the other. */
  private exam: Exam;
  private readonly ofText: Exam;
  /** Number of the image that comes next. */
  private next: i32 = 0;

  /** @param text memory of its own; no bytes: only the images are judged, of which there is one */
  constructor(
    private readonly examiner: Examiner,
    private readonly phase: Phase,
    text: Slice,
    private readonly images: Image[],
    masking: Masking,
    /** What of the text tools gave. */
    documents: Documents,
  ) {
    this.text = text;
    const exam = new Exam(examiner, phase, text, masking);
    exam.documents = documents;
    this.exam = exam;
    this.ofText = exam;
  }

  /** What denies; null: nothing does. */
  get judgement(): Judgement | null {
    return this.exam.judgement;
  }

  /** The text cannot go on as it was masked. @returns null: nothing can be said of that */
  refuseText(): Judgement | null {
    this.ofText.refuse();
    return null;
  }

  /** An image was judged last. */
  get endsWithImage(): bool {
    return this.next > 0;
  }

  /** Asks until an answer is waited for, or all is said. */
  proceed(): Outcome {
    const isImages = this.text.isEmpty && this.images.length > 0;
    return this.goOn(isImages ? Outcome.Passed : this.exam.proceed());
  }

  /** The answer has come. */
  take(response: HttpCallResponse): Outcome {
    return this.goOn(this.exam.take(response));
  }

  /** @param first what stands of the exam */
  private goOn(first: Outcome): Outcome {
    let outcome = first;
    while (outcome != Outcome.Pending && outcome != Outcome.Denied) {
      this.note(outcome);
      const isOver = this.hasFailed && !this.endsWithImage;
      if (isOver || this.next == this.images.length) break;
      const image = this.images[this.next++];
      this.exam = new Exam(this.examiner, this.phase, image.text, Masking.Pass, image);
      outcome = this.exam.proceed();
    }
    return outcome;
  }

  /** The text or an image is judged. */
  private note(outcome: Outcome): void {
    if (outcome == Outcome.Failed) this.hasFailed = true;
    if (this.endsWithImage) return;
    this.text = this.exam.text;
    this.isMasked = this.exam.isMasked;
  }
}
