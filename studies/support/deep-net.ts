import { nn } from 'evenstep'
import { Net, type NetOptions } from './net.ts'

export interface DeepNetOptions extends Omit<NetOptions, 'sizes' | 'normalize'> {
  /** Number of hidden layers. */
  readonly depth: number
  /** Units per hidden layer. @default 100 */
  readonly width?: number
  /** Whether hidden layers are batch-normalized, or the kind of their normalization. @default true */
  readonly normalize?: boolean | nn.Normalization
}

/** A net of equal hidden layers for the digits. With PyTorch's eps, because a dead unit has no variance. */
export function deepNet({ depth, width = 100, eps = 1e-5, normalize, ...options }: DeepNetOptions): Net {
  const normalized = normalize !== false
  const sizes = [100, ...Array<number>(depth).fill(width), 10]
  const net = new Net({ ...options, eps, sizes, normalize: normalized })
  return typeof normalize === 'object' || typeof normalize === 'string'
    ? nn.normalizeLayers(net, normalize, { shape: [8, 100], dtype: 'float32' })
    : net
}
