import { ArgumentError } from '../core/errors.ts'
import { size } from '../core/options.ts'
import type { PerAxis } from '../ops/window.ts'

/** Class of a layer of convolution. */
export type LayerClass<Layer, Options> = new (
  inChannels: number,
  outChannels: number,
  kernelSize: PerAxis,
  options?: Options,
) => Layer

/** @throws {ArgumentError} unless both are positive integers that `groups` divides. */
export function checkChannels(who: string, inChannels: number, outChannels: number, groups: number): void {
  size.read(who, 'inChannels', inChannels)
  size.read(who, 'outChannels', outChannels)
  if (inChannels % groups === 0 && outChannels % groups === 0) return
  throw new ArgumentError(
    `${who}: wanted channels that ${groups} groups divide, got ${inChannels} and ${outChannels}`,
  )
}
