import { expect, test, vi } from 'vitest'
import { collect, toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/index.ts'
import { earlyStopping } from '../schedule/index.ts'
import { metrics, run } from '../train/index.ts'
import { type Output, printable } from './output.ts'
import { TrainReport } from './train-report.ts'

async function reportOf(changes: Parameters<typeof toy>[0], output: Partial<Output> = {}): Promise<string> {
  const parts: string[] = []
  const write = (part: string): void => void parts.push(part)
  const setup = toy({ name: 'toy', ...changes })
  const report = new TrainReport(
    { write, columns: 80, color: false, isTerminal: false, ...output },
    setup,
    'npx evenstep train toy.ts',
    'runs/toy-1',
  )
  const events = await collect(run(setup))
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  for (const event of events) {
    clock.mockReturnValue(performance.now() + 200) // so that the report sees each event a moment after the last
    report.event(event)
  }
  clock.mockRestore()
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

test('the table fits 80 columns, with the monitored metric first and as many others as fit', async () => {
  const measured = { f1: metrics.f1(), auc: metrics.rocAuc(), mcc: metrics.mcc() }
  const changes = { epochs: 1, metrics: measured, monitor: 'mcc' }
  const [, , head, row] = (await reportOf(changes)).split('\n')
  expect(head!.trim().split(/ {2,}/)).toEqual([
    ...['epoch', 'train loss', 'val loss', 'val accuracy', 'lr', 'steps/s', 'mcc', 'f1'],
  ])
  expect([head!.length, row!.length]).toEqual([80, 80])
  const wide = (await reportOf(changes, { columns: 120 })).split('\n')[2]!
  expect(wide.trim().split(/ {2,}/).slice(6)).toEqual(['mcc', 'f1', 'auc'])
})

test('a terminal shows the curves of the losses at the end', async () => {
  const text = await reportOf({ epochs: 3 }, { isTerminal: true })
  expect(text).toMatch(
    /\ntrain loss {2}[▁-█]{36} {2}[\d.]+ to [\d.]+\nval loss {4}[▁-█]{3} {2}[\d.]+ to [\d.]+\n\n36 steps in /,
  )
  expect(await reportOf({ epochs: 3 })).not.toMatch(/[▁-█]/)
})

/** Returns a text as a terminal gets it, with ␛ for each escape. */
const sent = (text: string): string => printable(text).replaceAll('\u001b', '␛')

/** Returns the parts of a text that draw the progress, each without its codes. */
const drawnIn = (text: string): string[] =>
  sent(text)
    .split('␛[G')
    .filter((part) => /[━─]/.test(part))

test('a terminal shows two lines while training: a bar with what is left, and the course of the loss below it', async () => {
  const [last] = drawnIn(await reportOf({ epochs: 60 }, { isTerminal: true })).slice(-1)
  const [bar, course] = last!.split('\n')
  expect(bar).toMatch(/^━*─* \d+ % {2}[\w. ]+ left {2}loss [\d.e-]+ {2}lr 0\.1 {2}[\d,]+ steps\/s␛\[K$/)
  expect(course).toMatch(/^train loss {2}[▁-█]+ {2}[\d.e-]+ to [\d.e-]+␛\[J␛\[1A$/)
})

test.each([80, 40])('the lines of the progress fit %d columns', async (columns) => {
  const drawn = drawnIn(await reportOf({ epochs: 60 }, { isTerminal: true, columns }))
  expect(drawn.length).toBeGreaterThan(1)
  const lines = drawn.flatMap((part) => part.replace(/␛\[\d*\w/g, '').split('\n'))
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(columns)
})

test('what is no terminal gets lines of text alone', async () => {
  expect(sent(await reportOf({ epochs: 3 }))).not.toMatch(/[━─␛]/)
})

test('the end says how much worse the last epoch is than the best', async () => {
  const lr = (step: number): number => (step < 12 ? 0.1 : 5)
  const text = await reportOf({ epochs: 4, optimizer: sgd({ lr }) })
  expect(text).toMatch(
    /after epoch 1\nthe last epoch is (\d+ %|far) worse; --best makes eval, predict and export use the best one\n/,
  )
  expect(await reportOf({ epochs: 1 })).not.toContain('worse')
})
