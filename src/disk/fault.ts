import { machineError } from '../core/machine.ts'

/** Returns the code of an operating-system error, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  const { code, syscall } = Object(error) as NodeJS.ErrnoException
  return typeof code === 'string' && typeof syscall === 'string' ? code : undefined
}

/**
 * Converts an operating-system error to a one-line `MachineError` that names the file at `path`, rather than
 * the temporary file that is to replace it. Returns any other error unchanged.
 */
export function fileFault(path: string, cause: unknown): unknown {
  if (systemCode(cause) === undefined) return cause
  return machineError(Object.assign(cause as object, { path, dest: undefined })) ?? cause
}

/** Calls `body` and returns its result. @throws {MachineError} instead of an operating-system error */
export function onFile<T>(path: string, body: () => T): T {
  try {
    return body()
  } catch (cause) {
    throw fileFault(path, cause)
  }
}
