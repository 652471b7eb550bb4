import { data, random } from 'evenstep'

export type Float = 'float32' | 'float64'

let all: data.Split | undefined
const digits = (): data.Split => {
  all ??= data.digits10x10()
  return all
}

const drawn = new Map<string, data.Dataset>()

/** `count` random training digits, drawn by `seed`: the same object each time, since most claims draw the same. */
export function examples(count: number, seed: number, dtype: Float = 'float32'): data.Dataset {
  const key = `${count} ${seed} ${dtype}`
  const known = drawn.get(key)
  if (known) return known
  const { train } = digits()
  const order = random(seed, 'examples').permutation(train.length)
  const made = inDType(data.subset(train, order.subarray(0, count)), dtype)
  drawn.set(key, made)
  return made
}

/** The first `count` validation digits. @default all 10,000 */
export function validation(count: number = 10_000): data.Dataset {
  const { validation } = digits()
  return data.subset(
    validation,
    Int32Array.from({ length: count }, (_, i) => i),
  )
}

/**
 * The same examples with a share of the labels, drawn by a fixed seed, replaced by random digits: gradients get
 * noisier, like those of harder data.
 */
export function mislabelled(dataset: data.Dataset, share: number): data.Dataset {
  const stream = random('mislabelled')
  const y = Int32Array.from(dataset.y.data as Int32Array, (label) =>
    stream.uniform() < share ? Math.floor(stream.uniform(0, 10)) : label,
  )
  return { ...dataset, y: { ...dataset.y, data: y } }
}

function inDType(dataset: data.Dataset, dtype: Float): data.Dataset {
  if (dtype === 'float32') return dataset
  const x = Float64Array.from(dataset.x.data as Float32Array)
  return data.dataset({ x, y: dataset.y.data as Int32Array, classes: 10 })
}
