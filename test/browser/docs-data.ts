import { data } from 'evenstep'

const options = { shape: [3, 32, 32], classes: 2 }

export const pictures = (files: readonly File[], labels: readonly number[]) =>
  data.collect(
    data.stream(async function* () {
      for (const [i, file] of files.entries())
        yield { x: await data.imagePixels(file, { size: [32, 32] }), y: labels[i]! }
    }, options),
  )

export const camera = (video: object, label: () => number) =>
  data.stream(async function* () {
    for await (const x of data.frames(video, { size: [32, 32], count: 10 })) yield { x, y: label() }
  }, options)
