import {
  ArgumentError,
  DamagedError,
  EvenstepError,
  FormatError,
  MachineError,
  NotFiniteError,
  ShapeError,
} from '../core/errors.ts'
import { LockedError } from '../core/locked.ts'
import { DivergedError } from './diverged.ts'

/** What the page asks of a run in a worker. */
export interface Ask {
  readonly id: number
  readonly what: 'next' | 'stop' | 'change' | 'predict' | 'weights' | 'onnx'
  /** Inputs of `predict`, or settings of `change`. */
  readonly x?: unknown
}

/** Answer to an `Ask` with the same id. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failed: CopiedError }

/** The first message of a run, sent to the worker together with the port by which everything else goes. */
export interface Begin {
  readonly evenstep: 'run'
  readonly experiment?: string
  readonly settings: unknown
  readonly test: boolean
  readonly folder?: string
  readonly resume: boolean
  readonly port: MessagePortLike
}

/** An error as a worker sends it. */
export interface CopiedError {
  readonly name: string
  readonly message: string
  readonly step?: number
  readonly lr?: number
}

/** A `MessagePort` of a browser or of Node.js. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer?: readonly never[]): void
  start?(): void
  /** Lets the process end while the port is open; only in Node.js. */
  unref?(): void
  ref?(): void
}

/** What can send messages and receive them: a worker, its scope, or a port, in a browser or Node.js. */
export interface WorkerLike {
  postMessage(message: never, transfer?: never): void
}

type On = (type: string, listener: (value: never) => void) => void

/** Adds a listener of what a worker or port sends; `isEvent` says whether it gets an event around the message. */
export function listen(
  to: MessagePortLike | WorkerLike,
  type: string,
  listener: (got: never, isEvent: boolean) => void,
): void {
  const { addEventListener, on } = to as { readonly addEventListener?: On; readonly on?: On }
  if (addEventListener) addEventListener.call(to, type, (event) => listener(event, true))
  else on?.call(to, type, (value) => listener(value, false)) // a worker of Node.js emits values
}

/** Calls `on` with each message that arrives. */
export function onMessage<T>(from: MessagePortLike | WorkerLike, on: (message: T) => void): void {
  listen(from, 'message', (got, isEvent) => on(isEvent ? (got as { readonly data: T }).data : got))
  if ('start' in from) from.start?.()
}

/** Sends a message, and hands over the ports and buffers in `transfer`. */
export function post(
  to: MessagePortLike | WorkerLike,
  message: unknown,
  transfer: readonly unknown[] = [],
): void {
  to.postMessage(message as never, transfer as never)
}

/** Returns an error in a form that can be sent. */
export function copied(error: unknown): CopiedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message } = error
  return error instanceof DivergedError
    ? { name, message, step: error.step, lr: error.lr }
    : { name, message }
}

const classes = {
  ArgumentError,
  DamagedError,
  EvenstepError,
  FormatError,
  LockedError,
  MachineError,
  NotFiniteError,
  ShapeError,
}

/** Returns the error that a worker sent: of its class where it is one that users catch, else an error of its name. */
export function received({ name, message, step, lr }: CopiedError): Error {
  if (step !== undefined && lr !== undefined) return new DivergedError(message, step, lr)
  const Class = Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : undefined
  return Class ? new Class(message) : Object.assign(new Error(message), { name })
}
