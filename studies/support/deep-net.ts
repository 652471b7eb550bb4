import { Net, type NetOptions } from './net.ts'

export interface DeepNetOptions extends Omit<NetOptions, 'sizes'> {
  /** Number of hidden layers. */
  readonly depth: number
  /** Units per hidden layer. @default 100 */
  readonly width?: number
}

/** A net of equal hidden layers for the digits. With PyTorch's eps, because a dead unit has no variance. */
export const deepNet = ({ depth, width = 100, eps = 1e-5, ...options }: DeepNetOptions): Net =>
  new Net({ ...options, eps, sizes: [100, ...Array<number>(depth).fill(width), 10] })
