/** A thing that the article asserts, and the claims that judge it. */
export interface Row {
  /** What the article asserts, in one sentence. */
  readonly asserts: string
  /** What it is compared with, so that the effect is not credited to the wrong thing. */
  readonly control: string
  /** Ids of claims. */
  readonly claims: readonly string[]
}

/** What the article asserts, in its order. */
export const rows: readonly Row[] = [
  {
    asserts: 'A network with batch normalization converges faster.',
    control: "no normalization with He's initialization and its best rate; layer normalization",
    claims: ['B21', 'B27'],
  },
  {
    asserts: 'It has less of a problem with vanishing gradients.',
    control: 'tanh with Xavier initialization; layer normalization',
    claims: ['B23'],
  },
  {
    asserts: 'It overfits less and generalizes better.',
    control: 'test losses at an equal training loss, on few examples; layer normalization',
    claims: ['B24'],
  },
  {
    asserts: 'It depends on the batch.',
    control: 'layer and group normalization; large batches; statistics of the new data',
    claims: ['B25'],
  },
  {
    asserts: 'It allows higher learning rates.',
    control: 'no normalization, at three depths',
    claims: ['B12', 'B13'],
  },
  {
    asserts: 'The example: normalization after the activation, and a rate that follows t/(t + 1).',
    control:
      'normalization before the activation; a constant rate and decaying schedules, each from its best rate',
    claims: ['B22'],
  },
  {
    asserts: 'A schedule stabilizes training.',
    control: 'a constant rate, each from its best rate',
    claims: ['B20', 'B26'],
  },
  {
    asserts: 'A schedule can be too slow or stop too early.',
    control: 'the same schedule with the right rate and length',
    claims: ['B26'],
  },
  {
    asserts: 'Schedules that follow the learning curve adapt by themselves.',
    control: 'recalibrated statistics; layer normalization; fixed schedules of equal length',
    claims: ['L1', 'L4', 'L2', 'L3'],
  },
  {
    asserts: 'Both work in convolutional and recurrent networks.',
    control: 'no normalization and layer normalization, each at its best rate',
    claims: ['B27'],
  },
  {
    asserts: 'They combine with other techniques.',
    control: 'the same technique without batch normalization',
    claims: ['B28'],
  },
  {
    asserts: 'Batch normalization makes deep networks trainable.',
    control:
      'residual branches that start at zero (SkipInit), standardized weights, and the same without; other normalizations',
    claims: ['B29', 'B30'],
  },
]
