import { data, random } from 'evenstep'
import type { Parts } from '../cell.ts'
import { dataPath, once } from './folder.ts'

/** Numbers of a beat: 128 samples, then 4 ratios of intervals. */
export const beat = { samples: 128, intervals: 4, numbers: 132 } as const

interface Beats {
  readonly beats: data.Dataset
  readonly patients: Int32Array
}

/**
 * Reads every `step`-th beat: its samples in mV, and the ratios of the interval before it to the mean of ten, of the one
 * after it to that mean, of both, and of the one before to the mean of the record, each
 * as 4 · (min(3, ratio) − 1), so that early beats stand out.
 */
function read(file: string, step: number): Beats {
  const { x, rr, y, record } = data.readNpz(dataPath(`mitbih-beats/${file}`))
  const rows = Array.from({ length: Math.ceil(y!.shape[0]! / step) }, (_, i) => i * step)
  const numbers = new Float32Array(rows.length * beat.numbers)
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < beat.samples; j++) {
      numbers[i * beat.numbers + j] = 0.02 * Number(x!.data[row * beat.samples + j])
    }
    const [before, after, around, whole] = Array.from({ length: 4 }, (_, j) => Number(rr!.data[4 * row + j]))
    const ratios = [before! / around!, after! / around!, before! / after!, before! / whole!]
    numbers.set(
      ratios.map((ratio) => 4 * (Math.min(3, ratio) - 1)),
      i * beat.numbers + beat.samples,
    )
  }
  const at = (list: typeof y): Int32Array => Int32Array.from(rows, (row) => Number(list!.data[row]))
  return {
    beats: data.dataset({ x: numbers, y: at(y), classNames: ['N', 'S', 'V', 'F'] }),
    patients: at(record),
  }
}

const known = once(() => read('train.npz', 2))
const tested = once(() => read('test.npz', 10))

/** Heartbeats of four classes; no patient is in two parts. */
export const heartbeats = {
  needs: 'mitbih-beats/test.npz',
  about:
    'heartbeats of 4 classes (128 samples and 4 ratios of intervals): of 22 patients, some 17 to train by and 5 to validate by, drawn anew for each seed, every second beat; every tenth beat of 22 other patients to test by; in the loss, classes N, S, V and F weigh 0.6, 2.4, 1.2 and 1.2',
  /** For N, S, V and F: some 1/√count, but for F, all but a few of whose beats are of one patient, that of V. */
  classWeights: [0.6, 2.4, 1.2, 1.2],
  gate: {
    measure: 'sensitivity',
    value: 0.495,
    precision: 0.55,
    of: 'softmax regression on samples and intervals, without weights of classes; with the cell’s weights it has 0.713 and 0.497',
  },
  parts(seed: number): Parts {
    const { beats, patients } = known()
    const { train, validation } = data.split(beats, { validation: 0.2, by: patients, seed })
    const { beats: test, patients: testGroups } = tested()
    const drawn = random(seed, 'validated').permutation(validation.length).slice(0, 800)
    return { train, validation: data.subset(validation, drawn), test, testGroups }
  },
} as const
