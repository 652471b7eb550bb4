import type { Tensor } from '../core/tensor.ts'
import type { Module } from './module.ts'
import { modules } from './modules.ts'

/** One call of a module's `forward`. */
export interface Call {
  /** The module's path in the model. */
  readonly name: string
  readonly module: Module
  /** What it was called with: the input, the mode, and what else it takes. */
  readonly inputs: readonly unknown[]
  readonly output: Tensor
}

/**
 * Run `body` and be told of every call of a module in `model`, inner calls before the outer one ends.
 *
 * While `body` runs, each module has a `forward` of its own that tells and passes on; afterwards none has.
 *
 * @returns what `body` returns
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
