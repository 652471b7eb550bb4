import type { Tensor } from '../core/tensor.ts'
import { walk } from '../core/variable.ts'
import type { Mode, Module } from './module.ts'

/** A module's call: its path in the model, what it was given, and what it made of it. */
export type Seen = (path: string, x: Tensor, y: Tensor) => void

/**
 * Run `body` while every call of a module's `forward` in `model` is told to `seen`, inner modules first.
 *
 * Each `forward` is shadowed by a field of its module meanwhile, and uncovered again, whatever happens.
 */
export function observe<T>(model: object, seen: Seen, body: () => T): T {
  const uncover = [...walk(model)].flatMap(([path, object]) =>
    isModule(object) ? [cover(object, path, seen)] : [],
  )
  try {
    return body()
  } finally {
    for (const restore of uncover) restore()
  }
}

const isModule = (object: object): object is Module =>
  'forward' in object && typeof object.forward === 'function'

function cover(module: Module, path: string, seen: Seen): () => void {
  const own = Object.getOwnPropertyDescriptor(module, 'forward')
  const forward = module.forward
  const observed = (x: Tensor, mode: Mode): Tensor => {
    const y = forward.call(module, x, mode)
    seen(path, x, y)
    return y
  }
  Object.defineProperty(module, 'forward', { value: observed, configurable: true, writable: true })
  return () => {
    if (own) Object.defineProperty(module, 'forward', own)
    else Reflect.deleteProperty(module, 'forward')
  }
}
