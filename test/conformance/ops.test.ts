import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Shape } from '../../src/core/shape.ts'
import * as ops from '../../src/ops/index.ts'
import { checkGradients, type Row } from '../support/gradient-check.ts'
import { convolution, pooling } from './rows/convolution.ts'
import { core } from './rows/core.ts'
import { activations, elementwise, reductions } from './rows/elementwise.ts'
import { einsums, losses } from './rows/losses.ts'
import { movement, picking } from './rows/movement.ts'
import { normalization } from './rows/normalization.ts'

// Every operator with a gradient has a row: adding one is adding its row.
const rows: readonly Row[] = [
  ...core,
  ...elementwise,
  ...activations,
  ...reductions,
  ...movement,
  ...picking,
  ...normalization,
  ...einsums,
  ...losses,
  ...convolution,
  ...pooling,
]

describe('analytic gradients are central differences', () => {
  test.each(rows)('$name', checkGradients)

  test('every operator has a row, or no gradient', () => {
    const without = [
      ...[
        'accuracy',
        'all',
        'any',
        'argMax',
        'argMin',
        'argSort',
        'ceil',
        'detach',
        'equal',
        'floor',
        'greater',
      ],
      ...['greaterEqual', 'isFinite', 'isNaN', 'less', 'lessEqual', 'logicalAnd', 'logicalNot', 'logicalOr'],
      ...['logicalXor', 'notEqual', 'oneHot', 'round', 'sign'],
    ]
    const elsewhere = ['dropout'] // draws another mask each step, see dropout.test.ts
    const covered = new Set([...elsewhere, ...rows.map(({ name }) => name.split(',')[0])])
    expect(
      Object.keys(ops)
        .filter((name) => !covered.has(name))
        .sort(),
    ).toEqual(without)
  })
})

describe('shapes that broadcast', () => {
  const size = fc.integer({ min: 1, max: 3 })
  /** Two shapes of up to 3 axes in which each pair of axes is equal, or one is 1. */
  const pair = fc
    .array(fc.tuple(size, fc.constantFrom('both', 'left', 'right')), { maxLength: 3 })
    .chain((axes) => fc.tuple(fc.constant(axes), fc.nat(axes.length), fc.boolean()))
    .map(([axes, dropped, fromLeft]): readonly [Shape, Shape] => {
      const left = axes.map(([n, kept]) => (kept === 'right' ? 1 : n))
      const right = axes.map(([n, kept]) => (kept === 'left' ? 1 : n))
      return fromLeft ? [left.slice(dropped), right] : [left, right.slice(dropped)]
    })

  test('arithmetic has right gradients in all of them', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.constantFrom(ops.add, ops.sub, ops.mul, ops.div), (shapes, f) =>
        checkGradients({ name: 'arithmetic', shapes, f, range: [0.5, 2] }),
      ),
      { numRuns: 25, seed: 1 },
    )
  })

  test('products have right gradients in all of them', async () => {
    await fc.assert(
      fc.asyncProperty(pair, size, size, size, ([a, b], m, k, n) =>
        checkGradients({
          name: 'matmul',
          shapes: [
            [...a.slice(-2), m, k],
            [...b.slice(-2), k, n],
          ],
          f: ops.matmul,
        }),
      ),
      { numRuns: 25, seed: 1 },
    )
  })
})
