/** Most points of a curve that are drawn: more are not seen. */
const most = 500

/** A curve that grows: its values, in at most 500 means over equally many steps each, twice as many when it is full. */
export class Curve {
  #width = 1
  #steps: number[] = []
  #means: number[] = []
  #sum = 0
  #count = 0

  /** Adds the value of a step; steps are added in order. */
  add(step: number, value: number): void {
    const start = Math.floor(step / this.#width) * this.#width
    if (this.#steps.at(-1) !== start) {
      if (this.#steps.length === most) this.#halve()
      this.#steps.push(Math.floor(step / this.#width) * this.#width)
      this.#means.push(value)
      this.#sum = 0
      this.#count = 0
    }
    this.#sum += value
    this.#count++
    this.#means[this.#means.length - 1] = this.#sum / this.#count
  }

  #halve(): void {
    this.#width *= 2
    const [steps, means]: [number[], number[]] = [[], []]
    for (const [i, step] of this.#steps.entries()) {
      const start = Math.floor(step / this.#width) * this.#width
      if (steps.at(-1) === start) means[means.length - 1] = (means.at(-1)! + this.#means[i]!) / 2
      else {
        steps.push(start)
        means.push(this.#means[i]!)
      }
    }
    this.#steps = steps
    this.#means = means
  }

  /** Steps at which the means begin. */
  get x(): readonly number[] {
    return this.#steps
  }

  get y(): readonly number[] {
    return this.#means
  }

  get last(): number | undefined {
    return this.#means.at(-1)
  }
}

/** Curves by name, which are made as they are named. */
export class Series {
  readonly #curves = new Map<string, Curve>()

  add(name: string, step: number, value: number): void {
    const curve = this.#curves.get(name) ?? new Curve()
    this.#curves.set(name, curve)
    curve.add(step, value)
  }

  get(name: string): Curve | undefined {
    return this.#curves.get(name)
  }
}
