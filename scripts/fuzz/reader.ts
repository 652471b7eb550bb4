import { type Random, random } from '../../src/core/random.ts'

/** A file for a reader, with plausible contents. */
export interface FuzzFile {
  /** Name of the file, or of its folder if there are several. */
  readonly name: string
  /** Bytes of the file, or of the files of a folder, by their path in it. */
  readonly content: Uint8Array | ReadonlyMap<string, Uint8Array>
  /** What a report says of the file, such as the options it is read with. */
  readonly about: unknown
  /** Reads it at a path; throws an Error that is no EvenstepError if what was read cannot be. */
  read(path: string): unknown
}

/** A reader to try with made-up files. */
export interface FuzzReader {
  readonly name: string
  /** Makes a file. It depends on `draw` alone. */
  make(draw: Draw): FuzzFile
}

/** Random choices. */
export class Draw {
  readonly #random: Random

  constructor(...keys: (number | string)[]) {
    this.#random = random('fuzz', ...keys)
  }

  /** An integer from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.#random.uniform(0, n))
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability
  }

  of<const T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  normal(): number {
    return this.#random.normal()
  }

  list<T>(length: number, make: (i: number) => T): T[] {
    return Array.from({ length }, (_, i) => make(i))
  }
}
