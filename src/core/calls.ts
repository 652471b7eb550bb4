import { ArgumentError, EvenstepError, ShapeError } from './errors.ts'
import { showValue } from './mismatch.ts'
import { nameOf } from './names.ts'
import { isTensor, type Tensor } from './tensor.ts'

// Modules are followed while they run: an error names the innermost module whose `forward` threw it, whether that
// is a layer or a class of the user's own.

type Forward = (...inputs: unknown[]) => unknown

let running: object | undefined
type Observer = (place: string, x: unknown, output: Tensor) => void
let observer: Observer | undefined
/** Functions that follow a module, each with the `forward` that it calls. */
const followers = new WeakMap<object, Forward>()
const located = new WeakSet<object>()

/** Returns the innermost module whose `forward` is running; undefined outside of every followed module. */
export const runningModule = (): object | undefined => running

/** Returns a module's path and class for messages, `blocks.0 (Block)`; `''` for a model itself. */
export const placeOf = (module: object | undefined): string =>
  module && nameOf(module) ? `${nameOf(module)} (${module.constructor.name})` : ''

/**
 * Makes the errors of a module's `forward` begin with the module's path: replaces `forward` by a function that does
 * the same. Does nothing to an object without `forward`, or to a module that is followed already.
 */
export function follow(object: object): void {
  if (!('forward' in object) || typeof object.forward !== 'function') return
  if (followers.has(object.forward) || !Object.isExtensible(object)) return
  const forward = object.forward as Forward
  const own = Object.getOwnPropertyDescriptor(object, 'forward')
  if (own && !own.configurable) return
  // Named parameters, as most calls have no more: passing a list on would cost a microsecond.
  function value(this: unknown, x?: unknown, mode?: unknown, ...more: unknown[]): unknown {
    const outer = running
    running = object
    try {
      if (typeof x !== 'object' && isMisused(x)) throw noTensor(whoOf(object), x)
      const own = this ?? object
      const output = more.length === 0 ? forward.call(own, x, mode) : forward.call(own, x, mode, ...more)
      if (typeof output !== 'object' && (output === undefined || isMisused(output))) {
        throw noTensor(`${whoOf(object)}: forward`, output)
      }
      if (observer && isTensor(output)) observer(whoOf(object), x, output)
      return output
    } catch (error) {
      throw inModule(object, error)
    } finally {
      running = outer
    }
  }
  followers.set(value, forward)
  const enumerable = own?.enumerable ?? false
  Object.defineProperty(object, 'forward', { value, configurable: true, writable: true, enumerable })
}

/** Returns a module's `forward` as its class or an assignment defines it, whether the module is followed or not. */
export const forwardOf = ({ forward }: { readonly forward: object }): object =>
  followers.get(forward) ?? forward

/**
 * Runs `body`, and calls `onCall` after each call of a followed module, inner calls before outer ones, with the
 * module's place, its input and its output. @returns the result of `body`
 */
export function observeCalls<T>(onCall: Observer, body: () => T): T {
  const outer = observer
  observer = onCall
  try {
    return body()
  } finally {
    observer = outer
  }
}

/** Returns whether a value is what JavaScript's arithmetic makes of tensors: `x * 2` is NaN, `x + 1` a text. */
const isMisused = (value: unknown): boolean =>
  Number.isNaN(value) || (typeof value === 'string' && value.includes('[object Object]'))

/** Returns the error for a value that stands where a tensor must. @param name the argument, unless it is the only one */
export function noTensor(who: string, got: unknown, name?: string): ShapeError {
  const [shown, fix] = whatIs(got)
  const wanted = name === undefined ? 'a tensor' : `${name} as a tensor`
  return new ShapeError(`${who}: wanted ${wanted}, got ${shown}${fix === undefined ? '' : `; ${fix}`}`)
}

/** Returns what stands where a tensor must, and what to do about it. */
function whatIs(got: unknown): readonly [shown: string, fix?: string] {
  if (got instanceof Promise) return ['a promise', 'a step is traced without waiting: leave async out']
  if (Array.isArray(got) && got.some(isTensor)) return ['a list of tensors', 'pick one of them']
  if (typeof got === 'object' && got !== null && 'initializer' in got) {
    return ['a variable', 'use its value, such as layer.weight.value']
  }
  const shown = showValue(got)
  return isMisused(got) ? [shown, 'compute with ops, such as ops.mul(x, 2) for x * 2'] : [shown]
}

/** Returns the error that a module threw, with the module's path in front, unless an inner module has named it. */
function inModule(module: object, error: unknown): unknown {
  if (!(error instanceof Error) || located.has(error)) return error
  if (error instanceof TypeError) return marked(misuse(module, error))
  const place = placeOf(module)
  if (!(error instanceof EvenstepError)) return error
  // Layers that check their own input have said their path already; variables of a layer begin with it.
  const path = nameOf(module)
  const said = error.message.startsWith(`${path} (`) || error.message.startsWith(`${path}.`)
  if (place !== '' && !said) retell(error, `${place}: ${error.message}`)
  return marked(error)
}

function marked(error: Error): Error {
  located.add(error)
  return error
}

/** Changes an error's message, in the stack as well. */
function retell(error: Error, message: string): void {
  const before = error.message
  error.message = message
  if (error.stack !== undefined) error.stack = error.stack.replace(before, () => message)
}

/** Returns the error for a `forward` that treats a tensor as an array or number. It keeps the stack of `cause`. */
function misuse(module: object, cause: TypeError): ArgumentError {
  const [, frame = ''] = cause.stack?.split('\n    at ') ?? []
  const [, line] = /([^\s()]+:\d+):\d+\)?$/.exec(frame.trim()) ?? []
  const message =
    `${whoOf(module)}: wanted a forward that runs, got TypeError: ${cause.message}` +
    `${line === undefined ? '' : ` at ${line.replace('file://', '')}`}; in it, tensors have shapes but no numbers yet`
  return new ArgumentError(message, { cause })
}

/**
 * Returns the class of the layer whose `forward` is running without being followed, and the followed module that
 * runs it: `Linear in blocks.0 (Block)`. Undefined outside of every followed module.
 *
 * @param part a variable of the layer, or the layer itself
 */
export function unreachedLayer(part: object): string | undefined {
  const outer = runningModule()
  if (outer === undefined) return undefined
  const known = part.constructor.name
  // The layer is out of reach, so its class is known only from the stack, which says `at Linear.forward (…)`.
  const kinds = new Error().stack?.matchAll(/\n {4}at (?:async )?(\w+)\.(?:forward|unroll) /g) ?? []
  const [kind = known] = [...kinds].map(([, name]) => name!)
  return `${kind === outer.constructor.name ? known : kind} in ${whoOf(outer)}`
}

/** Returns the error for a layer, as `unreachedLayer` names it, that no field of the model leads to. */
export const unreachable = (layer: string): ArgumentError =>
  new ArgumentError(
    `${layer}: wanted a layer in a field of the model, got a layer that no field of the model leads to; ` +
      '#private fields cannot be seen: use a public or TypeScript-private field, a list or an object',
  )

const whoOf = (module: object): string => placeOf(module) || module.constructor.name
