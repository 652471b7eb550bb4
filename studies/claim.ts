/** A published claim about normalisation and learning rates, and the experiment that puts it to the test. */
export interface Claim {
  /** Its tier and number: S for exact identities, A for predictions in closed form, B for robust effects. */
  readonly id: string
  /** One line. */
  readonly title: string
  /** Who says so, where: 'Li & Arora 2019, arXiv 1910.07454, theorem 1'. */
  readonly source: string
  /** What the paper says, with its numbers. */
  readonly says: string
  /** `quick` is a smaller form for every change; `full` is what the table in docs/science.md shows. */
  run(scale: Scale): Promise<Outcome>
}

export type Scale = 'quick' | 'full'

export interface Outcome {
  /** Named numbers, in the order in which they are read. */
  readonly measured: readonly Measure[]
  /** What must hold for the claim to count as reproduced. */
  readonly checks: readonly Check[]
  /** An honest remark: what did not reproduce, what differs from the paper. */
  readonly remark?: string
}

export interface Measure {
  readonly name: string
  readonly value: number | readonly number[]
  readonly unit?: string
  /** What the paper or its formula gives. */
  readonly expected?: string
}

export interface Check {
  /** With the numbers in it: 'greatest |cos| 2.1e-16 < 1e-12'. */
  readonly what: string
  readonly ok: boolean
}

export const check = (what: string, ok: boolean): Check => ({ what, ok })
