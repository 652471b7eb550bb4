import { statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { untilAborted } from '../core/abort.ts'
import { ArgumentError } from '../core/errors.ts'
import { writeOutputParts } from '../disk/output-file.ts'
import { fileInputs } from '../train/input-file.ts'
import { normalizedX } from '../train/normalized.ts'
import { open } from '../train/open.ts'
import { modelPredictor, type Predictor } from '../train/predictor.ts'
import type { RawInputs } from '../train/row-reader.ts'
import { Strangers } from '../train/strangers.ts'
import { signals } from './interrupt.ts'
import { type Output, printNote, terminal } from './output.ts'
import { type PredictionFormat, predictionFormats, predictionText } from './prediction-text.ts'
import { type AskedRun, askedBy, bestOption, experimentOption, storedRun } from './run.ts'

interface Options extends AskedRun {
  readonly out?: string
  readonly format?: PredictionFormat
}

const kinds =
  'CSV, TSV, Parquet, JSON lines (.jsonl), NPZ, NPY or IDX, an image or a folder of images; - for CSV, TSV or JSON lines on stdin'

/** `evenstep predict RUN FILE`: writes a prediction of a run's model for each row of a file. */
export const predictCommand = (output: Output = terminal()): Command =>
  new Command('predict')
    .description("predict with a run's model, a line for each row of a file")
    .argument('<run>', 'folder of the run, or of one of its checkpoints')
    .argument('<file>', kinds)
    .option('--out <file>', 'file to write, whole or not at all (default: stdout)')
    .addOption(
      new Option('--format <format>', 'CSV, or JSON lines (default: by the name of --out, else csv)').choices(
        predictionFormats,
      ),
    )
    .addOption(bestOption())
    .addOption(experimentOption())
    .action(async (folder: string, file: string, options: Options) => {
      checkNotInput(options.out, file)
      const predictor = await predictorOf(folder, options)
      if (options.out !== undefined) return writeFile(options.out, predictor, file, options)
      const inputs = fileInputs(file, predictor.about, () => process.stdin)
      for await (const text of predicted(predictor, inputs, file, options)) {
        await output.write(text, { isData: true })
      }
    })

/** @throws {ArgumentError} when the predictions would replace the file that they are made of. */
function checkNotInput(out: string | undefined, file: string): void {
  const [a, b] = [out, file].map((path) => path && statSync(path, { throwIfNoEntry: false }))
  if (!a || !b || a.ino !== b.ino || a.dev !== b.dev || !a.isFile()) return
  throw new ArgumentError(`--out: wanted another file than the one to read, got ${out}`)
}

async function predictorOf(folder: string, options: AskedRun): Promise<Predictor> {
  const stored = storedRun(folder, options)
  if (stored !== undefined) return stored.predictor()
  const run = await open(folder, await askedBy(folder, options))
  return modelPredictor(run.path, run.experiment, run.model)
}

/** Writes the predictions to a file; after a signal, leaves the file as it was. */
async function writeFile(out: string, predictor: Predictor, file: string, options: Options): Promise<void> {
  const interrupt = signals.begin()
  const { signal } = interrupt
  const inputs = untilAborted(
    signal,
    fileInputs(file, predictor.about, () => process.stdin),
  ) as AsyncIterable<RawInputs>
  const format = options.format ?? (/\.(jsonl|ndjson)$/i.test(out) ? 'jsonl' : 'csv')
  try {
    await writeOutputParts(out, predicted(predictor, inputs, file, { format }))
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    process.exitCode = interrupt.exitCode
    printNote(`predict: stopped; ${out} was not written`)
  } finally {
    interrupt.stop()
    if (file === '-') process.stdin.destroy() // which would otherwise keep the process waiting after a signal
  }
}

/** Yields the text of all predictions, some lines at a time. The graph computes while the next rows are read. */
async function* predicted(
  predictor: Predictor,
  inputs: AsyncIterable<RawInputs>,
  file: string,
  { format = 'csv' }: Options,
): AsyncGenerator<string> {
  const strangers = new Strangers(predictor.about)
  const isDouble = predictor.about.dtype === 'float64'
  let pending: Promise<string> | undefined
  let isFirst = true
  let before = 0
  for await (const { x: raw, length, files } of inputs) {
    if (length === 0) continue
    const prepared = { x: normalizedX(raw, predictor.about), length }
    const text = predictionText(predictor.reader, { format, hasFiles: files !== undefined, isDouble })
    const warning = isFirst ? predictor.warning(prepared) : undefined
    if (warning) printNote(`${file}: ${warning}; are the columns prepared as in training?`)
    strangers.add(prepared.x, length)
    const header = isFirst ? text.header : ''
    const next = predictor.compute(prepared, before).then((y) => {
      let lines = header
      const lineOf = text.lines(y)
      for (let row = 0; row < length; row++) lines += lineOf(row, files?.[row])
      return lines
    })
    next.catch(() => {}) // thrown when it is awaited
    before += length
    if (pending !== undefined) yield await pending
    pending = next
    isFirst = false
  }
  if (pending !== undefined) yield await pending
  for (const note of strangers.notes) printNote(`${file}: ${note}`)
}
