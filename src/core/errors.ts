/**
 * An error that the caller can fix, with a message of the form `who: wanted X, got Y; do Z`. The command line
 * prints only the message and exits with status 2. An error of any other class is a bug in Evenstep.
 */
export class EvenstepError extends Error {
  override readonly name: string = 'EvenstepError'
}

/** Incompatible shapes or element types. Thrown while a step is traced. */
export class ShapeError extends EvenstepError {
  override readonly name = 'ShapeError'
}

/** An invalid argument. */
export class ArgumentError extends EvenstepError {
  override readonly name = 'ArgumentError'
}

/** A file or text that is not in the expected format. */
export class FormatError extends EvenstepError {
  override readonly name = 'FormatError'
}
