import type { Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { Module } from './module.ts'
import { modules } from './modules.ts'

/** One call of a module's `forward`. */
export interface Call {
  /** Path of the module within the model. */
  readonly name: string
  readonly module: Module
  /** Arguments of the call: the input, the mode, and any others. */
  readonly inputs: readonly unknown[]
  readonly output: Tensor
}

/**
 * Runs `body` and passes every call of a module in `model` to `onCall`, inner calls before the outer one.
 *
 * Every `forward` is wrapped while `body` runs. @returns the result of `body`
 */
export function observe<T>(model: object, onCall: (call: Call) => void, body: () => T): T {
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

/** Lists every call of a module in one forward pass in `eval`, inner calls before the outer one. */
export function callsOf(model: Module, x: Tensor): Call[] {
  const calls: Call[] = []
  const forward = (): Tensor => model.forward(x, 'eval')
  trace(() => observe(model, (call) => calls.push(call), forward))
  return calls
}
