import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, type Outcome } from '../../test/support/command.ts'
import { printer } from './doctor.ts'
import { printable } from './output.ts'

const { folder, evenstep, together } = commandIn('evenstep-doctor-')

/** Statistics that hardly learn: their drift is an alarm. A bias that BN takes away: the lint has something to say. */
const stale = `
import { data, nn, ops, optim, train } from 'evenstep'
const make = (n: number) =>
  data.dataset({
    x: Float32Array.from({ length: 2 * n }, (_, i) => 3 * Math.sin(i * i)),
    y: Int32Array.from({ length: n }, (_, i) => Number(Math.sin(4 * i * i) > 0)),
    classes: 2,
  })
export default train.experiment({
  data: { train: make(256), validation: make(64) },
  model: () => new nn.Sequential(
    new nn.Linear(2, 8), new nn.BatchNorm1d(8, { momentum: 0.001 }), new nn.ReLU(), new nn.Linear(8, 2),
  ),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 0.1, momentum: 0.9, weightDecay: 1e-3, average: { type: 'ema', decay: 0.9, batchNorm: 'copy' } }),
  batchSize: 16,
  epochs: 3,
  threads: 1,
})
`
interface Line {
  readonly type: string
  readonly id?: string
  readonly severity?: string
}
const lines = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
/** What took part of a second, or did not, may differ: whether there was time for a range test. */
const timeless = (all: readonly Line[]): Line[] => all.filter(({ id }) => id !== 'D12')

let trainedOut: Outcome
let [told, quiet]: Outcome[] = []
beforeAll(async () => {
  writeFileSync(join(folder, 'stale.ts'), stale)
  trainedOut = await evenstep('train', 'stale.ts', '--doctor', '--json', '--out', 'run')
  ;[told, quiet] = await together(
    ['train', 'stale.ts', '--doctor', '--out', 'told', '--set', 'optimizer.lr=cosine 0.1 to 0 over 20'],
    ['train', 'stale.ts', '--out', 'quiet'],
  )
})

describe('evenstep train --doctor', () => {
  test('with --json tells of lint before the events, and of diagnoses after', () => {
    expect([trainedOut.code, trainedOut.err]).toEqual([0, ''])
    const types = lines(trainedOut.out).map(({ type }) => type)
    const events = [
      'start',
      ...Array(3)
        .fill([...Array(16).fill('step'), 'epoch'])
        .flat(),
      'end',
    ]
    const lint = types.indexOf('start')
    expect(lint).toBeGreaterThan(2)
    expect(types).toEqual([...Array(lint).fill('lint'), ...events, ...Array(20).fill('diagnosis')])
  })

  test('prints both around the table of the run', () => {
    expect(told!.code).toBe(0)
    const { out } = told!
    expect(out.replace(/\s+/g, ' ').split('optimizer.lr ends at step 20 of 48')).toHaveLength(2) // said once
    const places = ['lint, before training', 'stale · ', 'try next:', 'told · 48 steps'].map((text) =>
      out.indexOf(text),
    )
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('is not there unless it is asked for', () => {
    expect(quiet!.code).toBe(0)
    expect(quiet!.out).not.toMatch(/lint|alarm|BN/)
  })
})

describe('evenstep doctor', () => {
  const refusals: readonly (readonly [what: string, args: readonly string[], message: string])[] = [
    [
      'nothing there',
      ['nowhere'],
      "doctor: wanted the folder of a run or an experiment's file, got nowhere, which does not exist",
    ],
    [
      'an unknown diagnostic',
      ['run', '--only', 'D8,D99'],
      'doctor: wanted one of D1, D2, D3, D4, D5, D6, D7, D8, D9, D10, D11, D12, D13, D14, D15, D16, D17, D18, D19, D20, got D99; did you mean D9?',
    ],
    [
      'a checkpoint that does not exist',
      ['run/checkpoints/step-7'],
      'run/checkpoints/step-7: wanted the folder of a checkpoint, got a path that does not exist; ' +
        'the run has the checkpoints step-00000032 and step-00000048',
    ],
    ['a folder without a run', ['.'], '.: wanted the folder of a run, got no run.json in it'],
  ]
  /** The files of the run and when each was written. */
  const look = (): unknown =>
    readdirSync(join(folder, 'run'), { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => join(folder, 'run', name))
      .map((path) => [
        path,
        statSync(path).isDirectory() ? '' : readFileSync(path, 'base64'),
        statSync(path).mtimeMs,
      ])
  let [json, page, named, bare, file, fileJson]: Outcome[] = []
  let refused: Outcome[]
  let looks: readonly unknown[]
  beforeAll(async () => {
    cpSync(join(folder, 'run'), join(folder, 'bare'), { recursive: true })
    rmSync(join(folder, 'bare', 'checkpoints'), { recursive: true })
    const before = look()
    ;[json, page, named, bare, file, fileJson, ...refused] = await together(
      ['doctor', 'run', '--json'],
      ['doctor', 'run'],
      ['doctor', 'run', '--only', 'D11,D8', '--json'],
      ['doctor', 'bare', '--only', 'D2,D18', '--json'],
      ['doctor', 'stale.ts'],
      ['doctor', 'stale.ts', '--json'],
      ...refusals.map(([, args]) => ['doctor', ...args]),
    )
    looks = [before, look()]
  })

  test('of a run says what the training said of itself, from its last checkpoint', () => {
    const { code, out } = json!
    expect(code).toBe(0)
    const said = lines(trainedOut.out).filter(({ type }) => type === 'lint' || type === 'diagnosis')
    expect(timeless(lines(out))).toEqual(timeless(said))
  })

  test('prints a page with the alarms first, and ends well', () => {
    const { code, out, err } = page!
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toContain('\u001b')
    const severities = [...out.matchAll(/^(alarm|warning|note|ok) +D\d/gm)].map(([, severity]) => severity!)
    const order = ['alarm', 'warning', 'note', 'ok']
    expect(severities).toEqual(severities.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)))
    expect(severities[0]).toBe('alarm')
    expect(out).toMatch(
      /^alarm {4}D8 {3}drift of the running statistics from the data\n {9}[\d.]+; warning above KL 0\.01 or z 0\.1, alarm above KL 0\.1\n/m,
    )
    // On a busy machine, the range test (D12) takes too long, and stands there too.
    expect(out).toMatch(/\nnot applicable\n\n(?: {9}D12 .*\n(?: {9}(?!D).*\n)+)? {9}D14 {2}/)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('leaves the folder of the run as it was', () => {
    expect(looks[1]).toEqual(looks[0])
  })

  test('makes only the diagnostics that are named', () => {
    expect(lines(named!.out).map(({ id }) => id)).toEqual(['D8', 'D11'])
  })

  test('does with the weights that came out where there are no checkpoints', () => {
    const { code, out } = bare!
    expect(code).toBe(0)
    expect(lines(out).map(({ severity }) => severity)).toEqual(['ok', 'ok'])
  })

  test('of a file prints the lint alone', () => {
    const { code, out } = file!
    expect(code).toBe(0)
    expect(out).toMatch(/^lint, before training\n\nwarning {2}kept-first\n/)
    expect(out).toContain('note     bias-before-norm\n         BN cancels 0.bias')
    expect(out).not.toMatch(/D\d/)
    const told = lines(fileJson!.out)
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['lint']))
    expect(Object.keys(told[0]!)).toEqual(['type', 'rule', 'severity', 'advice', 'change', 'source'])
  })

  test.each(refusals.map((row, i) => [...row, i] as const))(
    'tells in one line of %s',
    (_, _args, message, i) => {
      expect(refused[i]).toEqual({ code: 2, out: '', err: `${message}\n` })
    },
  )

  test('has colours where the output has', () => {
    const found = [{ rule: 'few-values', severity: 'alarm', advice: 'more', source: '' }] as const
    const told = (color: boolean): string => {
      let text = ''
      printer(
        {
          columns: 80,
          color,
          isTerminal: color,
          write: (more) => {
            text += printable(more)
          },
        },
        undefined,
      ).lint(found)
      return text
    }
    expect(told(true)).toContain('\u001b[31malarm    \u001b[0mfew-values\n         more\n')
    expect(told(false)).toContain('alarm    few-values\n         more\n')
  })
})
