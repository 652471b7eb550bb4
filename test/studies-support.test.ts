import { expect, test } from 'vitest'
import { deepNet } from '../studies/support/deep-net.ts'
import { Descent } from '../studies/support/descent.ts'
import { examples, mislabelled } from '../studies/support/digits.ts'
import { differences, interval, shown } from '../studies/support/interval.ts'
import { Learner } from '../studies/support/learner.ts'
import { best } from '../studies/support/sweep.ts'

test('an interval of three seeds goes from the least to the greatest', () => {
  expect(interval([3, 1, 2])).toEqual({ mean: 2, low: 1, high: 3 })
  expect(interval([5, 5, 5, 5])).toEqual({ mean: 5, low: 5, high: 5 })
})

test('an interval of many numbers holds the mean by about two standard errors', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i)
  const { mean, low, high } = interval(numbers)
  const error = Math.sqrt((100 ** 2 - 1) / 12 / 100) // of the mean of numbers that are spread evenly
  expect(mean).toBe(49.5)
  expect((mean - low) / error).toBeCloseTo(1.96, 0)
  expect((high - mean) / error).toBeCloseTo(1.96, 0)
  expect(interval(numbers)).toEqual({ mean, low, high })
  expect(shown({ mean, low: 43.8, high: 55.25 }, 1)).toBe('49.5 [43.8, 55.3]')
})

test('arms are paired seed by seed', () => {
  expect(differences([3, 5], [1, 1])).toEqual([2, 4])
})

test('the best rate is the one with the best mean', () => {
  const points = [
    { lr: 1, accuracies: [90, 90] },
    { lr: 2, accuracies: [99, 82] },
    { lr: 3, accuracies: [91, 91] },
  ]
  expect(best(points)).toBe(points[2])
})

test('as many labels are wrong as were asked for, always the same', () => {
  const clean = examples(4000, 0)
  const noisy = mislabelled(clean, 0.5)
  const wrong = Array.from(noisy.y.data, Number).filter(
    (label, i) => label !== Number(clean.y.data[i]),
  ).length
  expect(wrong / 4000).toBeCloseTo(0.45, 1) // one in ten is right by chance
  expect(mislabelled(clean, 0.5).y.data).toEqual(noisy.y.data)
  expect(noisy.x).toBe(clean.x)
})

const learner = (options: object = {}) =>
  new Learner({
    model: deepNet({ depth: 2, width: 16 }),
    dataset: examples(640, 0),
    batchSize: 64,
    momentum: 0.9,
    ...options,
  })

test('a run leaves nothing behind for the next one', async () => {
  const used = learner()
  const plan = { seed: 1, steps: 15, lr: 0.1 } // one epoch and a half
  await used.learn({ seed: 2, steps: 7, lr: 1 })
  const again = await used.learn(plan)
  expect(again).toEqual(await learner().learn(plan))
  expect(again.losses).toHaveLength(15)
  expect(again.diverged).toBe(false)
  expect((await used.learn({ ...plan, seed: 3 })).losses).not.toEqual(again.losses)
})

test('a run does not depend on how many steps a part has', async () => {
  const used = learner()
  const plan = { seed: 0, steps: 12, lr: 0.1 }
  const whole = await used.learn(plan)
  const losses: number[] = []
  for await (const part of used.parts(plan, 5)) losses.push(...part.losses)
  expect(losses).toEqual(whole.losses)
})

test('weights decay where they were told to, by the decay of the run', async () => {
  const used = learner({ decayed: '^hidden' })
  const plan = { seed: 0, steps: 10, lr: 0.1 }
  const plain = await used.learn(plan)
  expect((await used.learn({ ...plan, weightDecay: 0.5 })).losses).not.toEqual(plain.losses)
  expect(await used.learn(plan)).toEqual(plain)
  expect((await learner().learn({ ...plan, weightDecay: 0.5 })).losses).toEqual(plain.losses)
})

test('a run that diverges says so, and counts as guessing', async () => {
  const used = learner({ model: deepNet({ depth: 4, width: 16, normalize: false }) })
  const plan = { seed: 0, steps: 20, lr: 100 }
  const { losses, diverged } = await used.learn(plan)
  expect(diverged).toBe(true)
  expect(losses.every((loss) => loss <= 1e3)).toBe(true)
  expect(await used.accuracyAfter(plan, examples(100, 1))).toBe(10)
})

test('a descent is that of SGD, from the start each time', async () => {
  const dataset = examples(640, 0)
  const net = deepNet({ depth: 2, width: 16 })
  const weights = [...net.hidden, net.out].flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight]))
  const descent = await Descent.of({
    net,
    weights: [...weights, ...net.norms.flatMap(({ weight, bias }) => [weight!, bias!])],
    dataset,
    batchSize: 64,
  })
  const plan = { seed: 1, steps: 12, lr: 0.1 }
  await descent.run({ ...plan, seed: 2, lr: 1 })
  const { loss, size } = await descent.run(plan)
  const { losses } = await learner({ momentum: 0 }).learn(plan)
  for (const [i, one] of losses.entries()) expect(loss[i]).toBeCloseTo(one, 4)
  expect(size).toHaveLength(12)
})
