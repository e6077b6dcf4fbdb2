/** How words and texts are made alike before they are compared (content-security.md 9.3). */
@final
export class WordOptions {
  /** False: `a` and `A` are the same. Other alphabets are always told apart. */
  caseSensitive: bool = false;
  /** Full-width forms count as half-width, characters without width as absent. */
  normalise: bool = false;
  /** Separators between single characters count as absent: `b-a-d`, `敏 感 词`. */
  ignoreSeparators: bool = false;
  /** ASCII words are found inside of other words, too. */
  anywhere: bool = false;
}
