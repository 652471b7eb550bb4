import { Net, type NetOptions } from './net.ts'

export interface DeepNetOptions extends Omit<NetOptions, 'sizes'> {
  /** Hidden layers. */
  readonly depth: number
  /** Units of each hidden layer; 100 unless given. */
  readonly width?: number
}

/** A net of equal hidden layers on the digits, with PyTorch's eps: a unit that is dead leaves no variance. */
export const deepNet = ({ depth, width = 100, eps = 1e-5, ...options }: DeepNetOptions): Net =>
  new Net({ ...options, eps, sizes: [100, ...Array<number>(depth).fill(width), 10] })
