import { mismatch } from '../core/mismatch.ts'
import type { Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import { type Module, modelOutput } from './module.ts'
import { modules } from './modules.ts'

/** One call of a module's `forward`. */
export interface Call {
  /** Path of fields that leads from the model to the module, such as `layers.0.bn`. */
  readonly name: string
  readonly module: Module
  /** Arguments of the call: the input, the mode, and any others. */
  readonly inputs: readonly unknown[]
  readonly output: Tensor
}

/**
 * Runs `body`, and calls `onCall` after each call of a module in `model`, inner calls before outer ones. The
 * `forward` of each module is wrapped while `body` runs. @returns the result of `body`
 */
export function observe<T>(model: object, onCall: (call: Call) => void, body: () => T): T {
  if (typeof onCall !== 'function') throw mismatch('observe', 'a function of each call', onCall)
  if (typeof body !== 'function') throw mismatch('observe', 'a function that runs the model', body)
  const watched = [...modules(model)].map(([name, module]) => ({
    name,
    module,
    own: Object.getOwnPropertyDescriptor(module, 'forward'),
    forward: module.forward as (...inputs: unknown[]) => Tensor,
  }))
  try {
    for (const { name, module, forward } of watched) {
      const value = (...inputs: unknown[]): Tensor => {
        const output = forward.apply(module, inputs)
        onCall({ name, module, inputs, output })
        return output
      }
      Object.defineProperty(module, 'forward', { value, configurable: true })
    }
    return body()
  } finally {
    for (const { module, own } of watched) {
      if (own) Object.defineProperty(module, 'forward', own)
      else Reflect.deleteProperty(module, 'forward')
    }
  }
}

/** Returns all module calls in one `eval` pass of `model` on `x`, inner calls before outer ones. */
export function callsOf(model: Module, x: Tensor): Call[] {
  const calls: Call[] = []
  const forward = (): Tensor => modelOutput(model, x, 'eval')
  trace(() => observe(model, (call) => calls.push(call), forward))
  return calls
}
