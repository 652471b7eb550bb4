/**
 * A mistake of the caller, which can never work; its message is `who: wanted X, got Y; do Z`.
 *
 * The command line prints only the message and exits with 2. Any other error is a defect of Evenstep.
 */
export class EvenstepError extends Error {
  override readonly name: string = 'EvenstepError'
}

/** Shapes or element types that do not fit together. Thrown while a step is traced. */
export class ShapeError extends EvenstepError {
  override readonly name = 'ShapeError'
}

/** An argument that its function does not accept. */
export class ArgumentError extends EvenstepError {
  override readonly name = 'ArgumentError'
}

/** A file or text in a wrong format. */
export class FormatError extends EvenstepError {
  override readonly name = 'FormatError'
}
