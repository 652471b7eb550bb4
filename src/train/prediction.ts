import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Answer } from './answer.ts'
import { logistic, softmaxAt } from './link.ts'
import type { About } from './run-graph.ts'

/** A class by its name or, without names, its index; or a predicted number. */
export type Predicted = string | number

/** A model's prediction for one example. */
export interface Prediction {
  /**
   * Class with the highest probability, or number. Several classes or numbers, such as one for each pixel, are a list;
   * so are the labels that hold, of a model for several labels at once.
   */
  readonly prediction: Predicted | readonly Predicted[]
  /**
   * Probability of each class or label, from 0 to 1, by its name. Those of classes sum to 1, except with binary
   * cross-entropy of a score for each class: each is then the probability of that class against all others. Absent for
   * numbers, for models that predict several classes at once, and for losses that know no probabilities.
   */
  readonly probabilities?: Readonly<Record<string, number>>
}

/** An example's prediction, and its probabilities in the order of the classes. */
export interface Decoded extends Pick<Prediction, 'prediction'> {
  readonly probabilities?: readonly number[]
}

/** Converts the output of a model to predictions. */
export class PredictionReader {
  /** Names of the classes or labels that have probabilities, in order; empty if none have. */
  readonly probable: readonly string[]
  /** Names of the numbers or classes that are predicted at once; undefined for a single one, and for labels. */
  readonly several: readonly string[] | undefined
  readonly #answer: Answer
  readonly #width: number
  readonly #names: readonly string[] | undefined

  /**
   * @param answer what the model's output stands for: a class, a logit, labels or numbers
   * @param about names of the classes, recipe of the data, shape of the output and batch size
   */
  constructor(answer: Answer, about: Pick<About, 'classNames' | 'recipe' | 'y' | 'batchSize'>) {
    const { classNames, recipe, y, batchSize } = about
    const width = sizeOf(y!.shape) / batchSize
    const { kind, classes = kind === 'logit' ? 2 : width } = answer
    const targets = [recipe?.table?.target ?? []].flat().map(String)
    const own = kind === 'class' || kind === 'logit' ? classNames : targets
    const count = kind === 'class' ? width / classes : width
    this.#answer = answer
    this.#width = width
    this.#names = own?.length === (kind === 'number' ? width : classes) ? own : undefined
    const indices = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i))
    const isSingle = kind === 'labels' || count === 1
    this.probable = answer.link && isSingle ? (this.#names ?? indices(classes)) : []
    this.several = isSingle ? undefined : ((kind === 'number' ? this.#names : undefined) ?? indices(count))
  }

  /** Returns the prediction for example `row` of a batch, given the model's output `y` for the batch. */
  read(y: Data, row: number): Prediction {
    const { prediction, probabilities } = this.decoded(y, row)
    if (probabilities === undefined) return { prediction }
    return {
      prediction,
      probabilities: Object.fromEntries(this.probable.map((name, i) => [name, probabilities[i]!])),
    }
  }

  /** Like `read`, with the probabilities as a list. */
  decoded(y: Data, row: number): Decoded {
    const from = row * this.#width
    const { kind, link } = this.#answer
    if (kind === 'labels') return this.#labels(y, from)
    const each = Array.from({ length: this.several?.length ?? 1 }, (_, i) => this.#one(y, from, i))
    if (this.several !== undefined) return { prediction: each }
    if (link === undefined) return { prediction: each[0]! }
    return { prediction: each[0]!, probabilities: this.#probabilities(y, from) }
  }

  #probabilities(y: Data, from: number): number[] {
    const { kind, link } = this.#answer
    if (kind === 'logit') return [logistic(-Number(y[from])), logistic(Number(y[from]))]
    return link === 'softmax' ? softmaxAt(y, from, this.#width) : this.#scores(y, from).map(logistic)
  }

  #scores(y: Data, from: number): number[] {
    return Array.from({ length: this.#width }, (_, i) => Number(y[from + i]))
  }

  /** Returns what is predicted at position `i` of the example whose output begins at index `from`. */
  #one(y: Data, from: number, i: number): Predicted {
    const { kind, classes = 1, stride = 1 } = this.#answer
    if (kind === 'number') return Number(y[from + i])
    if (kind === 'logit') return this.#named(Number(y[from + i]!) > 0 ? 1 : 0)
    const first = from + Math.floor(i / stride) * stride * classes + (i % stride)
    let best = 0
    for (let c = 1; c < classes; c++) if (y[first + c * stride]! > y[first + best * stride]!) best = c
    return this.#named(best)
  }

  #labels(y: Data, from: number): Decoded {
    const scores = this.#scores(y, from)
    const prediction = scores.flatMap((score, i) => (score > 0 ? [this.#named(i)] : []))
    return { prediction, probabilities: scores.map(logistic) }
  }

  #named(index: number): Predicted {
    return this.#names?.[index] ?? index
  }
}
