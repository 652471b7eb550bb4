import { graphNames } from '../onnx/model.ts'
import type { TimedSession } from './race.ts'
import type { Session } from './session.ts'

/** Milliseconds of a step below which no GPU is faster: starting its kernels alone takes about as long. */
const small = 2

/** Ratio of times from which a GPU's first calls leave no doubt that it is slower, as one in software is. */
const hopeless = 4

/** Number of calls by each device, the first two on the host, before the faster one is chosen. */
const calls = 4

/**
 * Returns a session that computes on the host or on a GPU, whichever is faster: the first calls use both in turn and are
 * timed. Each call returns its result as usual, so none is wasted. The GPU is not even looked for if a step is short.
 *
 * @param openGpu compiles the same step for the GPU; undefined if there is none
 */
export function choosing(host: TimedSession, openGpu: () => Promise<Session | undefined>): TimedSession {
  const choice = new Choice(host, openGpu)
  return {
    timed: host.timed,
    release: () => choice.release(),
    async run(feeds) {
      const place = await choice.next()
      const begun = performance.now()
      const results = await choice.session(place).run(feeds)
      const steps = Number(feeds.get(graphNames.count)?.data[0] ?? 1)
      choice.record(place, (performance.now() - begun) / steps)
      return results
    },
  }
}

type Place = 'host' | 'gpu'

/** What is known about the speed of a step on the host and on a GPU. */
class Choice {
  readonly #host: Session
  readonly #openGpu: () => Promise<Session | undefined>
  #gpu: Session | undefined
  readonly #taken = { host: 0, gpu: 0 }
  /** Shortest time of a step so far, in milliseconds. */
  readonly #shortest = { host: Number.POSITIVE_INFINITY, gpu: Number.POSITIVE_INFINITY }
  #chosen: Place | undefined

  constructor(host: Session, openGpu: () => Promise<Session | undefined>) {
    this.#host = host
    this.#openGpu = openGpu
  }

  session(place: Place): Session {
    return place === 'gpu' ? this.#gpu! : this.#host
  }

  record(place: Place, ms: number): void {
    this.#shortest[place] = Math.min(this.#shortest[place], ms)
    this.#taken[place]++
  }

  /** Returns where to compute the next call, and settles the choice once it is clear. */
  async next(): Promise<Place> {
    const [taken, shortest] = [this.#taken, this.#shortest]
    if (this.#chosen) return this.#chosen
    if (taken.host < 2) return 'host'
    if (shortest.host < small) return this.#settle('host')
    this.#gpu ??= await this.#openGpu()
    if (!this.#gpu || (taken.gpu === 2 && shortest.gpu > hopeless * shortest.host))
      return this.#settle('host')
    if (taken.gpu < 2) return 'gpu'
    if (taken.gpu < calls) return taken.host <= taken.gpu ? 'host' : 'gpu'
    return this.#settle(shortest.gpu < shortest.host ? 'gpu' : 'host')
  }

  /** Chooses a place, and frees the memory at the other. */
  async #settle(place: Place): Promise<Place> {
    this.#chosen = place
    await (place === 'host' ? this.#gpu : this.#host)?.release?.()
    return place
  }

  async release(): Promise<void> {
    if (this.#chosen !== 'gpu') await this.#host.release?.()
    if (this.#chosen !== 'host') await this.#gpu?.release?.()
  }
}
