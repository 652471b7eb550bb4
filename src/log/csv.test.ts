import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import * as metrics from '../train/metrics/index.ts'
import { RunFolder } from '../train/run-folder.ts'
import { csv } from './csv.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-csv-'))
afterAll(() => rmSync(root, { recursive: true }))

async function linesOf(folder: string, every?: 'epoch' | 'step'): Promise<string[]> {
  const lines: string[] = []
  for await (const line of csv(folder, every && { every })) lines.push(line)
  return lines
}

let count = 0
/** Makes a folder with this text as its log, and returns the path. */
function log(text: string | Uint8Array): string {
  const folder = join(root, `log-${count++}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'events.jsonl'), text)
  return folder
}

describe('a log as CSV', () => {
  const some = { auc: metrics.rocAuc(), confusion: metrics.confusionMatrix() }
  const runTo = async (name: string, stop: number, resume: boolean): Promise<string> => {
    const run = new RunFolder(join(root, name), toy({ metrics: some, threads: 1 }), { resume })
    let seen = 0
    for await (const _ of run.events()) if (++seen >= stop) break
    run.close()
    return run.path
  }

  test('has a row an epoch, whose cells are those of the log', async () => {
    const path = await runTo('whole', 1e9, false)
    const lines = await linesOf(path)
    expect(lines.map((line) => line.endsWith('\n'))).toEqual([true, true, true])
    const [header, ...rows] = lines.map((line) => line.trimEnd().split(','))
    expect(header!.slice(0, 7)).toEqual([
      'epoch',
      'steps',
      'trainLoss',
      'validationLoss',
      'validationAccuracy',
      'metrics.auc',
      'metrics.confusion.0.0',
    ])
    const events = readFileSync(join(path, 'events.jsonl'), 'utf8').trimEnd().split('\n')
    const epochs = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'epoch')
    expect(rows.map((row) => row[header!.indexOf('validationLoss')])).toEqual(
      epochs.map(({ validationLoss }) => String(validationLoss)),
    )
    const steps = await linesOf(path, 'step')
    expect([steps.length, steps[0]]).toEqual([25, 'epoch,step,loss,lr\n'])
    expect(steps[24]).toMatch(/^1,23,0\.\d+,0\.1\n$/)
  })

  test('of a run that was stopped and resumed is that of one that was not', async () => {
    await runTo('stopped', 4, false)
    await runTo('stopped', 2, true)
    const path = await runTo('stopped', 1e9, true)
    expect(await linesOf(path, 'step')).toEqual(await linesOf(join(root, 'whole'), 'step'))
  })

  test('leaves a cell empty where there is no number, and quotes what needs it', async () => {
    const folder = log(
      '{"type":"epoch","metrics":{"a\\"b, c":null},"note":"two\\nlines"}\n' +
        '{"type":"epoch","reasons":{"a":"x"},"lrFactor":0.5}\n' +
        '{"type":"epoch","ep',
    )
    expect(await linesOf(folder)).toEqual([
      '"metrics.a""b, c",note,lrFactor\n',
      ',"two\nlines",\n',
      ',,0.5\n',
    ])
    expect(await linesOf(log(''))).toEqual([])
  })

  test('refuses what is no log', async () => {
    await expect(linesOf(root)).rejects.toThrow(`${root}: wanted the folder of a run, got no events.jsonl`)
    await expect(linesOf(log(''), 'steps' as never)).rejects.toThrow(
      "csv: wanted every as 'epoch' or 'step', got \"steps\"",
    )
    const folder = log('{"type":"start"}\n[1]\n{"type":"epoch","epoch":0}\n')
    await expect(linesOf(folder)).rejects.toThrow(
      `${join(folder, 'events.jsonl')}:2: wanted a JSON object, got "[1]"; the file is damaged`,
    )
  })

  test('that is damaged is refused, or has whole rows', async () => {
    const whole = readFileSync(join(root, 'whole', 'events.jsonl'))
    const folder = log(whole)
    const edit = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.nat(30) })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let bytes = Buffer.from(whole)
        for (const { at, byte, cut } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + cut)])
        }
        writeFileSync(join(folder, 'events.jsonl'), bytes)
        const rows = await linesOf(folder, 'step').catch((error: Error) => error)
        if (rows instanceof Error) {
          expect(rows.message).toMatch(/: wanted a JSON object, got .*; the file is damaged$/s)
          return
        }
        const columns = rows.map((row) => row.replace(/"(?:[^"]|"")*"/g, '').split(',').length)
        expect(new Set(columns).size).toBeLessThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })
})
