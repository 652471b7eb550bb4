import { EvenstepError, machineExitCode } from '../core/errors.ts'

/**
 * Error of a device that could not compile or run a graph; `cause` is the engine's own error. If memory ran out or
 * the GPU was lost, the command line exits with the code for faults of the machine.
 */
export class DeviceError extends EvenstepError {
  override readonly name = 'DeviceError'
  /** ONNX operator that failed, if the engine names it. */
  readonly op: string | undefined
  override readonly exitCode: number

  constructor(message: string, op: string | undefined, cause: unknown, isMachine: boolean = false) {
    super(message, { cause })
    this.op = op
    this.exitCode = isMachine ? machineExitCode : 2
  }

  /** Returns the same error, with the names of the layers that contain the operator that failed. */
  inLayers(layers: readonly string[]): DeviceError {
    const message = this.message.replace(`got ${this.op}`, `got ${this.op} in ${layers.join(', ')}`)
    return new DeviceError(message, this.op, this.cause)
  }
}

/**
 * Returns the error for a GPU that the system took away: it crashed, was reset, or was unplugged.
 *
 * @param reason what the system says about it
 */
export const lostGpu = (reason: string, cause?: unknown): DeviceError =>
  new DeviceError(
    `step: wanted a GPU to the end of the call, got a lost one (${reason}); the weights are those before the call: ` +
      `save them, then resume from the last checkpoint in a new process, worker or page, or on another device`,
    undefined,
    cause,
    true,
  )

/** Returns the error of a page in which ONNX Runtime does not start: mostly, its file is not where it looks for it. */
const notStarted = (reason: string, cause: unknown): DeviceError =>
  new DeviceError(
    `compile: wanted ONNX Runtime to start, got ${reason}; copy its .wasm file beside the page's scripts, or name its ` +
      "folder by wasmAt; a Content-Security-Policy needs 'wasm-unsafe-eval'",
    undefined,
    cause,
  )

/** Returns the error for a graph that an engine refused to compile or run. @param cause what the engine threw */
export function deviceError(call: 'compile' | 'step', cause: unknown): DeviceError {
  const text = String(cause instanceof Error ? cause.message : cause)
  if (cause instanceof DeviceError) return cause
  if (/device.{0,20}\blost\b|\blost\b.{0,20}device/i.test(text))
    return lostGpu(text.split('\n', 1)[0]!, cause)
  const [, reason] = /no available backend found\. ERR: (.*?)(?:\. Build|$)/m.exec(text) ?? []
  if (reason !== undefined) return notStarted(reason, cause)
  const op = operatorIn(text)
  if (/alloc|out of memory|\bOOM\b|memory access out of bounds|array length|too large/i.test(text)) {
    const message = `${call}: wanted memory for the step's numbers, got no more; use smaller batches`
    return new DeviceError(message, undefined, cause, true)
  }
  const wanted = call === 'compile' ? 'operators that the device computes' : 'a step that the device computes'
  const fix = call === 'compile' ? 'use another device, element type or operator' : "see the error's cause"
  return new DeviceError(
    `${call}: wanted ${wanted}, got ${op ?? 'a graph that it refuses'}; ${fix}`,
    op,
    cause,
  )
}

/** Returns the operator that failed, as an ONNX Runtime message names it; undefined if the message does not. */
function operatorIn(text: string): string | undefined {
  const found =
    /while running (\w+) node|implementation for (\w+)\(|operator \((\w+)\)|Node \([^)]*\) Op \((\w+)\)/.exec(
      text,
    )
  return found?.slice(1).find((name) => name !== undefined)
}
