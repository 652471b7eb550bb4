// What both pages share: elements, a chart of the loss, downloads and errors.

/** Returns the element with an id. */
export const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T

/** Shows what happens, or what went wrong. */
export function say(text: string, isWrong = false): void {
  const status = element('status')
  status.textContent = text
  status.classList.toggle('wrong', isWrong)
}

/** Runs `work`, and shows its error if it throws one. */
export async function shown(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    say((error as Error).message, true)
  }
}

/** A chart of the losses of the steps, each point the mean of some. */
export class Chart {
  readonly #figure = element('chart')
  readonly #means: number[] = []

  clear(): void {
    this.#means.length = 0
  }

  add(losses: ArrayLike<number>): void {
    this.#means.push(Array.from(losses).reduce((sum, loss) => sum + loss, 0) / losses.length)
    this.#draw()
  }

  #draw(): void {
    const size = Math.max(1, Math.ceil(this.#means.length / 300))
    const points: number[] = []
    for (let i = 0; i < this.#means.length; i += size) {
      const some = this.#means.slice(i, i + size)
      points.push(some.reduce((sum, loss) => sum + loss, 0) / some.length)
    }
    const most = Math.max(...points, 1e-9)
    const line = points.map(
      (loss, i) => `${(300 * i) / Math.max(points.length - 1, 1)},${98 - 94 * (loss / most)}`,
    )
    this.#figure.hidden = false
    this.#figure.innerHTML =
      `<svg viewBox="0 0 300 100" preserveAspectRatio="none" role="img" aria-label="Training loss">` +
      `<polyline points="${line.join(' ')}"/></svg><figcaption>Training loss: ${points.at(-1)?.toFixed(4)}</figcaption>`
  }
}

/** Lets the buttons that name a file download it. */
export function offerDownloads(contents: (name: string) => Promise<Uint8Array>): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-file]'))
    button.onclick = () =>
      shown(async () => {
        const name = button.dataset.file!
        const url = URL.createObjectURL(new Blob([(await contents(name)) as Uint8Array<ArrayBuffer>]))
        Object.assign(document.createElement('a'), { href: url, download: name }).click()
        setTimeout(() => URL.revokeObjectURL(url), 10_000)
      })
}

/** Returns probabilities from scores: softmax. */
export function probabilities(scores: ArrayLike<number>): number[] {
  const all = Array.from(scores, Number)
  const powers = all.map((score) => Math.exp(score - Math.max(...all)))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
