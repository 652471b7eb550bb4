import { expect, test } from 'vitest'
import { collect, toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/index.ts'
import { earlyStopping } from '../schedule/index.ts'
import { run } from '../train/index.ts'
import { TrainReport } from './train-report.ts'

async function reportOf(changes: Parameters<typeof toy>[0]): Promise<string> {
  const parts: string[] = []
  const write = (part: string): void => void parts.push(part)
  const setup = toy({ name: 'toy', ...changes })
  const report = new TrainReport(
    { write, columns: 80, color: false, isTerminal: false } as never,
    setup,
    'npx evenstep train toy.ts',
    'runs/toy-1',
  )
  for (const event of await collect(run(setup))) report.event(event)
  report.close()
  return parts.join('')
}

test('a report warns of a schedule that does not fit before the first epoch, and says why the run ended', async () => {
  const text = await reportOf({
    epochs: 9,
    optimizer: sgd({ lr: 'cosine 0.1 to 0 over 10' }),
    control: [earlyStopping({ patience: 1, threshold: 100 })],
  })
  expect(text.split('\n')[1]).toBe(
    "warning: optimizer.lr ends at step 10 of 108, and then stays at 0: to span the run, write 'cosine 0.1 to 0'",
  )
  expect(text).toMatch(
    /\nstopped early by earlyStopping: validationLoss did not improve in 1 evaluation after number 1, where it was [\d.]+\n/,
  )
  expect(text).toContain("--set 'optimizer.lr=warmup 5% + cosine 0.1 to 0'")
})

test('a report of a schedule that fits warns of nothing', async () => {
  const text = await reportOf({ epochs: 1, optimizer: sgd({ lr: 'cosine 0.1 to 0' }) })
  expect(text).not.toContain('warning')
  expect(text).toContain('\nthe one epoch is done\n')
})
