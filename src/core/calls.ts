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
/** Maps each wrapper that `follow` put in the place of a module's `forward` to the original `forward`. */
const followers = new WeakMap<object, Forward>()
const located = new WeakSet<object>()

/** Returns the innermost module, of those passed to `follow`, that is running; undefined if none is. */
export const runningModule = (): object | undefined => running

/** Returns a module's path and class for messages, as `blocks.0 (Block)`; `''` for the whole model. */
export const placeOf = (module: object | undefined): string =>
  module && nameOf(module) ? `${nameOf(module)} (${module.constructor.name})` : ''

/**
 * Makes the errors of a module's `forward` begin with the module's path, by replacing `forward` with a wrapper.
 * Does nothing for an object without `forward`, or for a module that is already followed.
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

/** Returns a module's own `forward`, as its class or an assignment defines it, even if `follow` wrapped it. */
export const forwardOf = ({ forward }: { readonly forward: object }): object =>
  followers.get(forward) ?? forward

/**
 * Runs `body`, and calls `onCall` after each call of a followed module (see `follow`), inner calls before outer
 * ones, with the module's path and class, its input and its output.
 *
 * @returns the result of `body`
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

/** Whether a value results from JavaScript arithmetic on tensors: NaN (`x * 2`) or a string (`x + 1`). */
const isMisused = (value: unknown): boolean =>
  Number.isNaN(value) || (typeof value === 'string' && value.includes('[object Object]'))

/** Returns the error for a value passed in place of a tensor. @param name the argument, if there are several */
export function noTensor(who: string, got: unknown, name?: string): ShapeError {
  const [shown, fix] = whatIs(got)
  const wanted = name === undefined ? 'a tensor' : `${name} as a tensor`
  return new ShapeError(`${who}: wanted ${wanted}, got ${shown}${fix === undefined ? '' : `; ${fix}`}`)
}

/** Describes a value that was passed where a tensor is required, and says how to fix that. */
function whatIs(got: unknown): readonly [shown: string, fix?: string] {
  if (got instanceof Promise) return ['a promise', 'a step is traced without waiting: leave async out']
  if (Array.isArray(got) && got.some(isTensor)) return ['a list of tensors', 'pick one of them']
  if (typeof got === 'object' && got !== null && 'initializer' in got) {
    return ['a variable', 'use its value, such as layer.weight.value']
  }
  const shown = showValue(got)
  return isMisused(got) ? [shown, 'compute with ops, such as ops.mul(x, 2) for x * 2'] : [shown]
}

/** Returns an error thrown by a module, prefixed with the module's path unless its message already names a module. */
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

/** Replaces an error's message, also in its stack trace. */
function retell(error: Error, message: string): void {
  const { message: before, stack } = error // read first: a loader such as jiti makes the stack when it is read
  error.message = message
  if (stack !== undefined) error.stack = stack.replace(before, () => message)
}

/** Returns the error for a `forward` that uses a tensor as an array or number. It has the stack of `cause`. */
function misuse(module: object, cause: TypeError): ArgumentError {
  const [, frame = ''] = cause.stack?.split('\n    at ') ?? []
  const [, line] = /([^\s()]+:\d+):\d+\)?$/.exec(frame.trim()) ?? []
  const message =
    `${whoOf(module)}: wanted a forward that runs, got TypeError: ${cause.message}` +
    `${line === undefined ? '' : ` at ${line.replace('file://', '')}`}; in it, tensors have shapes but no numbers yet`
  return new ArgumentError(message, { cause })
}

/**
 * Names the class of the running layer, if it is not followed (see `follow`), and the followed module that
 * calls it: `Linear in blocks.0 (Block)`. Undefined outside of all followed modules.
 *
 * @param part the layer, or a variable of it
 * @returns a function that returns the text, as to write out the stack takes a tenth of a millisecond
 */
export function unreachedLayer(part: object): (() => string) | undefined {
  const outer = runningModule()
  if (outer === undefined) return undefined
  const here = new Error()
  return () => {
    const known = part.constructor.name
    // The layer is out of reach, so its class is known only from the stack, which says `at Linear.forward (…)`.
    const kinds = here.stack?.matchAll(/\n {4}at (?:async )?(\w+)\.(?:forward|unroll) /g) ?? []
    const [kind = known] = [...kinds].map(([, name]) => name!)
    return `${kind === outer.constructor.name ? known : kind} in ${whoOf(outer)}`
  }
}

/** Returns the error for a layer to which no field of a model leads. @param layer from `unreachedLayer` */
export const unreachable = (layer: string): ArgumentError =>
  new ArgumentError(
    `${layer}: wanted a layer in a field of the model, got a layer that no field of the model leads to; ` +
      'if it is new, call nn.initialize first; #private fields cannot be seen: use a public or TypeScript-private field, a list or an object',
  )

const whoOf = (module: object): string => placeOf(module) || module.constructor.name
