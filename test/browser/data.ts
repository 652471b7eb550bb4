import { data, nn, ops, optim, schedule, train } from 'evenstep'
import { camera, pictures } from './docs-data.ts'

/** A file as a page gets it: its name and its bytes. */
export type Given = readonly [name: string, bytes: readonly number[]]

const fileOf = ([name, bytes]: Given): File => new File([Uint8Array.from(bytes)], name)

/** The numbers of a data set as plain values. */
export const shown = ({ x, y, length, classNames }: data.Dataset) => ({
  length,
  classNames: classNames ?? null,
  shapes: [x.shape, y.shape],
  x: Array.from(x.data as Float32Array),
  y: Array.from(y.data as Int32Array),
})

const readers = {
  csv: async (file: File) => data.parseCsv(await data.loadBytes(file), file.name, { label: 'kind' }),
  parquet: async (file: File) =>
    data.parseParquet(await data.loadBytes(file), file.name, {
      features: ['u8', 'f64', 'dec38', 'list'],
      target: 'row',
      missing: -77,
      dtype: 'float64',
    }),
  npz: async (file: File) => data.parseNpzExamples(await data.loadBytes(file), file.name, { x: 'a', y: 'k' }),
  idx: async (images: File, labels: File) =>
    data.parseIdxImages(await data.loadBytes(images), await data.loadBytes(labels), { layout: 'image' }),
}

/** Reads examples from files. */
export async function read(reader: keyof typeof readers, ...files: readonly Given[]) {
  const [first, second] = files.map(fileOf)
  return shown(await readers[reader](first!, second!))
}

/** Reads a table of mixed columns; returns its summary. */
export async function summary(given: Given): Promise<string> {
  const file = fileOf(given)
  const parse = file.name.endsWith('.parquet') ? data.parseParquetTable : data.parseTable
  return (await parse(await data.loadBytes(file), file.name, { label: 'kind' })).summary()
}

/** Reads an array from an NPY file. */
export async function array(given: Given) {
  const { shape, data: numbers } = data.parseNpy(await data.loadBytes(fileOf(given)), given[0])
  return { shape, numbers: Array.from(numbers as Float32Array) }
}

/** Loads weights; returns the names of those that were loaded, and the values of the first. */
export async function weights(given: Given) {
  const first = new nn.Linear(3, 2)
  const model = new nn.Sequential(first, new nn.BatchNorm1d(2))
  const file = fileOf(given)
  const { loaded } = train.loadSafetensors(model, await data.loadBytes(file), file.name)
  return { loaded, first: Array.from(first.weight.data as Float32Array) }
}

/** Reads a picture; returns its pixels, or its error. */
export const pixels = async (given: Given, options: data.PixelOptions): Promise<readonly number[] | string> =>
  data.imagePixels(fileOf(given), options).then(
    (all) => Array.from(all),
    (error: Error) => `${error.name}: ${error.message}`,
  )

/** A checksum of numbers that no change of a few of them leaves as it is. */
const sumOf = (numbers: data.Values): number => {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  let sum = 0
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0
  return sum
}

/** Checksums of inputs and labels, and sizes, of the parts of a split. */
export const sums = ({ train: some, validation }: data.Split) =>
  [some, validation].map(({ x, y, length }) => [
    length,
    sumOf(x.data as data.Values),
    sumOf(y.data as data.Values),
  ])

/** Fetches the digits of the package. */
export const digits = async (): Promise<number[][]> => sums(await data.loadDigits10x10())

/** Fetches the digits after an abort; returns the error. */
export const noDigits = (): Promise<string> =>
  data.loadDigits10x10({ signal: AbortSignal.abort(new Error('left')) }).then(String, String)

interface Elements {
  readonly document: { createElement(name: string): Element }
  readonly navigator: { readonly mediaDevices: { getUserMedia(wanted: object): Promise<object> } }
}
interface Element {
  width: number
  height: number
  srcObject: object
  muted: boolean
  play(): Promise<void>
  captureStream(): object
  getContext(kind: '2d'): { fillStyle: string; fillRect(...place: readonly number[]): void }
}
const page = globalThis as unknown as Elements

/** Yields the frames of a canvas that becomes lighter, and trains on them; returns the first pixel of each. */
export async function canvasFrames(): Promise<{ readonly pixels: number[]; readonly steps: number }> {
  const canvas = page.document.createElement('canvas')
  Object.assign(canvas, { width: 4, height: 4 })
  const context = canvas.getContext('2d')
  const pixels: number[] = []
  const seen = data.stream(
    async function* () {
      let light = 0
      const paint = (): void => {
        context.fillStyle = `rgb(${light} 0 0)`
        context.fillRect(0, 0, 4, 4)
      }
      paint()
      for await (const x of data.frames(canvas, { size: [2, 2], count: 6 })) {
        pixels.push(Math.round(255 * x[0]!))
        yield { x, y: light < 90 ? 0 : 1 }
        light += 30
        paint()
      }
    },
    { shape: [3, 2, 2], classes: 2 },
  )
  const task = new train.Task({
    model: new nn.Sequential(new nn.Flatten(), new nn.Linear(12, 2)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1 }),
    data: seen,
  })
  for await (const batch of data.loader(seen, { batchSize: 3 }).batches(0)) await task.step(batch)
  return { pixels, steps: task.steps }
}

/** Reads pictures and a camera that Chromium makes up, as docs/browser.md does; returns shapes, labels and range of each. */
export async function documented(picture: Given) {
  const video = page.document.createElement('video')
  video.muted = true
  video.srcObject = await page.navigator.mediaDevices.getUserMedia({ video: true })
  await video.play()
  const sets = [
    await pictures([fileOf(picture), fileOf(picture)], [0, 1]),
    await data.collect(camera(video, () => 1)),
  ]
  return sets.map(({ length, x, y }) => ({
    length,
    shape: x.shape,
    labels: [...new Set(y.data as Int32Array)],
    least: Math.min(...(x.data as Float32Array)),
    most: Math.max(...(x.data as Float32Array)),
  }))
}

/** Aborts while frames of a canvas are awaited, and asks for frames of what has none; returns the errors. */
export async function frameErrors(): Promise<string[]> {
  const canvas = page.document.createElement('canvas')
  const stop = new AbortController()
  const aborted = async () => {
    for await (const _ of data.frames(canvas, { size: [1, 1], signal: stop.signal })) stop.abort('left')
  }
  const wrong = async () => {
    for await (const _ of data.frames({}, { size: [1, 1] }));
  }
  return Promise.all([aborted(), wrong()].map((done) => done.then(String, String)))
}

/** Gives options a schedule as text, and as what `schedule.parse` makes of it; returns the error, and whether the second is taken. */
export function schedules(): readonly [string, boolean] {
  const text = 'cosine 0.1 to 0 over 100'
  let error = ''
  try {
    optim.sgd({ lr: text })
  } catch (cause) {
    error = String(cause)
  }
  return [error, optim.sgd({ lr: schedule.parse(text) }) !== undefined]
}
