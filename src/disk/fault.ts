import { machineError } from '../core/machine.ts'

/** Returns the code of an error of the operating system, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  const { code, syscall } = Object(error) as NodeJS.ErrnoException
  return typeof code === 'string' && typeof syscall === 'string' ? code : undefined
}

/**
 * Converts an error of the operating system to a `MachineError` of one line about the file at `path`, rather than
 * about the temporary file that is to replace it. Returns any other error unchanged.
 */
export function fileFault(path: string, cause: unknown): unknown {
  if (systemCode(cause) === undefined) return cause
  return machineError(Object.assign(cause as object, { path, dest: undefined })) ?? cause
}

/** Calls `body`. @throws {MachineError} in place of an error of the operating system */
export function onFile<T>(path: string, body: () => T): T {
  try {
    return body()
  } catch (cause) {
    throw fileFault(path, cause)
  }
}
