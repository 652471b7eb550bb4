import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Evaluator } from './evaluator.ts'
import { inCalls } from './in-calls.ts'

/** A stack of 40 batches of 3 examples of 2 numbers. */
const stack = {
  x: Float32Array.from({ length: 240 }, (_, i) => i),
  y: Int32Array.from({ length: 120 }, (_, i) => i),
  length: 120,
}

/** A graph whose loss is the sum of a batch; each call takes some milliseconds for each batch. */
function graphOf(each: number): { readonly graph: Evaluator['graph']; readonly calls: number[] } {
  const calls: number[] = []
  const graph = async ({ x, y }: { readonly x: ArrayLike<unknown>; readonly y: ArrayLike<unknown> }) => {
    const batches = x.length / 6
    calls.push(batches)
    await setTimeout(each * batches)
    const sums = Float32Array.from({ length: batches }, (_, k) =>
      Array.from(x)
        .slice(6 * k, 6 * k + 6)
        .reduce((sum: number, one) => sum + Number(one), 0),
    )
    return { loss: sums, target: Int32Array.from(Array.from(y, Number)) }
  }
  return { graph: graph as unknown as Evaluator['graph'], calls }
}

test('a stack is evaluated in calls of at most 250 ms, with the results of one call', async () => {
  const slow = graphOf(300)
  const evaluated = inCalls()(slow.graph, {
    stack: { ...stack, x: stack.x.subarray(0, 18), y: stack.y.subarray(0, 9), length: 9 },
    rows: 3,
  })
  expect(await evaluated).toEqual(
    await graphOf(0).graph({ x: stack.x.subarray(0, 18), y: stack.y.subarray(0, 9) }),
  )
  expect(slow.calls).toEqual([1, 1, 1])
  const quick = graphOf(0)
  expect(await inCalls()(quick.graph, { stack, rows: 3 })).toEqual(await graphOf(0).graph(stack))
  expect(quick.calls.length).toBeLessThan(6)
})

test('a signal that is aborted during a call ends the evaluation after it', async () => {
  const slow = graphOf(150)
  const evaluated = inCalls(AbortSignal.timeout(10))(slow.graph, { stack, rows: 3 })
  await expect(evaluated).rejects.toThrow('The operation was aborted due to timeout')
  expect(slow.calls).toEqual([1])
})
