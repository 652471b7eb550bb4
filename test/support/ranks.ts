import type { Communicator } from '../../src/train/parallel/communicator.ts'

/** A call that some ranks have made, and that ends once all have. */
interface Meeting {
  readonly kind: string
  readonly given: (Float32Array | Float64Array | Uint8Array)[]
  readonly end: Promise<void>
  readonly close: () => void
}

function newMeeting(kind: string): Meeting {
  let close = (): void => {}
  const end = new Promise<void>((resolve) => {
    close = resolve
  })
  return { kind, given: [], end, close: () => close() }
}

/** Returns `size` ranks in this process. A call of one waits for the calls of the others, which must be of the same kind. */
export function ranksInProcess(size: number): readonly Communicator[] {
  let meeting: Meeting | undefined
  const meet = async (rank: number, kind: string, values: Meeting['given'][number]): Promise<Meeting> => {
    meeting ??= newMeeting(kind)
    const own = meeting
    if (own.kind !== kind) throw new Error(`rank ${rank} calls ${kind} while others call ${own.kind}`)
    own.given[rank] = values.slice()
    if (Object.keys(own.given).length === size) {
      meeting = undefined
      own.close()
    }
    await own.end
    return own
  }
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    async sum(values) {
      const { given } = await meet(rank, `sum of ${values.length} ${values.constructor.name}`, values)
      const addends = given as Float64Array[]
      for (let i = 0; i < values.length; i++) {
        values[i] = addends[0]![i]!
        for (const more of addends.slice(1)) values[i]! += more[i]!
      }
    },
    async broadcast(bytes) {
      const { given } = await meet(rank, 'broadcast', bytes)
      return (given[0] as Uint8Array).slice()
    },
  }))
}
