/**
 * An error that is not a bug in Evenstep, with a message of the form `who: wanted X, got Y; do Z`. The command
 * line prints only the message.
 */
export class EvenstepError extends Error {
  override readonly name: string = 'EvenstepError'
  /** Exit status of the command line; 2 for a mistake in the command, the experiment or the data. */
  readonly exitCode: number = 2
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
  override readonly name: string = 'FormatError'
}

/** Exit status of the command line after a fault of the machine, such as a full disk. */
export const machineExitCode = 4

/** A number that is needed, such as a loss, a weight or a statistic, is NaN or infinite. */
export class NotFiniteError extends EvenstepError {
  override readonly name: string = 'NotFiniteError'
  override readonly exitCode = 3
}

/** A file that Evenstep wrote, such as a checkpoint or a study's database, is damaged. */
export class DamagedError extends FormatError {
  override readonly name = 'DamagedError'
  override readonly exitCode = machineExitCode
}

/**
 * The machine failed: a full disk, a missing permission, too little memory, a process that was killed. The same
 * work succeeds on a machine without the fault, so this failure never counts as a result.
 */
export class MachineError extends EvenstepError {
  override readonly name: string = 'MachineError'
  override readonly exitCode = machineExitCode
}
