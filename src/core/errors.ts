/**
 * An error that the user can fix, with a message of the form `who: wanted X, got Y; do Z`. The command line
 * prints only the message and exits with status 2. An error of any other class is a bug in Evenstep.
 */
export class EvenstepError extends Error {
  override readonly name: string = 'EvenstepError'
}

/** Tensors have incompatible shapes or element types; thrown while a graph is built, before it runs. */
export class ShapeError extends EvenstepError {
  override readonly name = 'ShapeError'
}

/** A caller passed an invalid argument. */
export class ArgumentError extends EvenstepError {
  override readonly name = 'ArgumentError'
}

/** A file or text is not in the expected format. */
export class FormatError extends EvenstepError {
  override readonly name = 'FormatError'
}
