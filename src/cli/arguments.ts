import { InvalidArgumentError, Option } from 'commander'
import { integer, type Option as Kind, number, size } from '../core/options.ts'

/** Returns a parser for a command-line argument that is a number of a certain kind, such as integers ≥ 1. */
export const numberOf =
  <R>(kind: Kind<number, R>) =>
  (text: string): R => {
    try {
      return kind.read('', '', text.trim() === '' ? undefined : Number(text))
    } catch {
      throw new InvalidArgumentError(`wanted ${kind.wanted}, got ${text}`)
    }
  }

export const positiveInteger: (text: string) => number = numberOf(size)
export const seed: (text: string) => number | undefined = numberOf(integer({ min: 0 }))
export const stepNumber: (text: string) => number | undefined = numberOf(integer({ min: 0 }))
export const priority: (text: string) => number | undefined = numberOf(integer({ min: -1000, max: 1000 }))
export const positiveNumber: (text: string) => number | undefined = numberOf(number({ above: 0 }))

/** Makes the option `--time-limit`, for commands that run trials. */
export const timeLimitOption = (): Option =>
  new Option('--time-limit <seconds>', 'resume a trial in another process after so many seconds').argParser(
    positiveNumber,
  )

/** Makes the option `--set path=value`. All its uses on a command line are collected into a list of texts. */
export const setOption = (): Option =>
  new Option('--set <path=value>', 'change a setting, such as epochs=10 or optimizer.lr=0.5; repeatable')
    .argParser((setting: string, before: readonly string[]) => [...before, setting])
    .default([], 'none')
