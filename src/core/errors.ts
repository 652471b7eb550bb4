/**
 * The caller's mistake: something that can never work, told as `who: wanted X, got Y; do Z`.
 *
 * The command line prints the message alone and exits with 2. Any other error is a defect of Evenstep.
 */
export class EvenstepError extends Error {
  override readonly name: string = 'EvenstepError'
}

/** Shapes or element types that do not fit together. Thrown while a step is traced. */
export class ShapeError extends EvenstepError {
  override readonly name = 'ShapeError'
}

/** An argument outside what its function takes. */
export class ArgumentError extends EvenstepError {
  override readonly name = 'ArgumentError'
}

/** A file or text that is not in the format it should be in. */
export class FormatError extends EvenstepError {
  override readonly name = 'FormatError'
}
