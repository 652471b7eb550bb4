/**
 * A multilayer perceptron: Linear, then ReLU, BatchNorm1d and Linear for each further size. Cross-entropy, SGD.
 *
 * @typedef {{ name: string, sizes: number[], batch: number }} Net
 */

/** @type {readonly Net[]} */
export const nets = [
  { name: '100-100-10', sizes: [100, 100, 10], batch: 64 },
  { name: '784-100-100-100-10', sizes: [784, 100, 100, 100, 10], batch: 60 },
  { name: '784-512-512-10', sizes: [784, 512, 512, 10], batch: 128 },
]

export const lr = 0.1
/** The weight of the old running statistics; one minus PyTorch's. */
export const keep = 0.9
export const eps = 1e-5
export const classes = 10
/** Number of batches prepared for a peer, which it cycles through. */
export const prepared = 16

/** Features with mean 0 and standard deviation 1. */
export const features = (n) => Float32Array.from({ length: n }, () => (2 * Math.random() - 1) * Math.sqrt(3))

/** Labels independent of the features: how well a net learns is not measured here. */
export const labels = (n) => Int32Array.from({ length: n }, () => Math.floor(Math.random() * classes))

/** Initial weights as PyTorch draws them. */
export const weights = (inputs, outputs) =>
  Float32Array.from({ length: inputs * outputs }, () => (2 * Math.random() - 1) / Math.sqrt(inputs))
