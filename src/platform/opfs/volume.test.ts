import { describe, expect, test } from 'vitest'
import { memorySlots } from './memory.ts'
import type { Handle, Slots } from './slots.ts'
import { Volume } from './volume.ts'

/** Files in memory. After `left` writes, the process is "killed": every further one throws, the last half done. */
class Memory implements Slots {
  readonly name = 'run'
  readonly files = new Map<string, Uint8Array>()
  left = Number.POSITIVE_INFINITY
  readonly #all = memorySlots(this.name, this.files)

  async open(file: string): Promise<Handle> {
    const handle = await this.#all.open(file)
    return {
      ...handle,
      write: (bytes, place) => {
        if (this.left-- > 0) return handle.write(bytes, place)
        handle.write(bytes.subarray(0, bytes.length / 2), place)
        throw new Error('killed')
      },
      truncate: (size) => {
        if (this.left-- <= 0) throw new Error('killed')
        handle.truncate(size)
      },
    }
  }

  list = (): Promise<readonly string[]> => this.#all.list()

  remove = (): Promise<void> => this.#all.remove()
}

const textOf = (volume: Volume, path: string): string => {
  const { handle } = volume.file(path)!
  const bytes = new Uint8Array(handle.getSize())
  handle.read(bytes, { at: 0 })
  return new TextDecoder().decode(bytes)
}

const write = (volume: Volume, path: string, text: string): void => {
  volume.create(path).handle.write(new TextEncoder().encode(text), { at: 0 })
}

/** Replaces a file and a folder ten times, as a run replaces its checkpoints; `n` is in each content. */
function replace(volume: Volume, times: number): void {
  if (volume.kindOf('') === undefined) volume.makeFolder('')
  for (let n = 1; n <= times; n++) {
    volume.remove('last.partial')
    volume.makeFolder('last.partial')
    write(volume, 'last.partial/weights', `weights ${n}`)
    write(volume, 'last.partial/about', `about ${n}`)
    volume.flush()
    volume.rename('last.partial', 'last')
    volume.flush()
  }
}

test('files and folders are made, listed, renamed and removed, and are there when it is opened again', async () => {
  const slots = new Memory()
  const volume = await Volume.open(slots)
  expect(volume.kindOf('')).toBeUndefined()
  replace(volume, 2)
  write(volume, 'log', 'line')
  expect(volume.list('')).toEqual(['last', 'log'])
  expect(volume.list('last')).toEqual(['about', 'weights'])
  volume.close()
  const again = await Volume.open(slots)
  expect([textOf(again, 'last/weights'), textOf(again, 'last/about'), textOf(again, 'log')]).toEqual([
    'weights 2',
    'about 2',
    'line',
  ])
  again.rename('log', 'last/about')
  again.remove('last/weights')
  expect([again.list(''), again.list('last'), textOf(again, 'last/about')]).toEqual([
    ['last'],
    ['about'],
    'line',
  ])
  again.remove('')
  expect([again.kindOf(''), again.list('')]).toEqual([undefined, []])
})

test('replacing a folder a thousand times needs no more files', async () => {
  const slots = new Memory()
  const volume = await Volume.open(slots)
  replace(volume, 10)
  const { size } = slots.files
  replace(volume, 1000)
  expect(slots.files.size).toBe(size)
})

describe('a process that is killed', () => {
  test('at any write leaves the folder from before or from after', async () => {
    let kills = 0
    for (let left = 0; ; left++) {
      const slots = new Memory()
      replace(await Volume.open(slots), 2)
      slots.left = left
      try {
        replace(await Volume.open(slots), 2)
        break
      } catch {
        kills++
      }
      slots.left = Number.POSITIVE_INFINITY
      const volume = await Volume.open(slots)
      const [weights, about] = [textOf(volume, 'last/weights'), textOf(volume, 'last/about')]
      expect(weights.replace('weights', 'about')).toBe(about)
      replace(volume, 3)
      expect(textOf(volume, 'last/about')).toBe('about 3')
    }
    expect(kills).toBeGreaterThan(30)
  })

  test('leaves nothing to go by only if both files of the index are damaged', async () => {
    const slots = new Memory()
    replace(await Volume.open(slots), 1)
    const whole = [...slots.files]
    for (const name of ['index-0', 'index-1']) {
      slots.files.set(
        name,
        slots.files.get(name)!.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
      )
    }
    await expect(Volume.open(slots)).rejects.toThrow(
      "run: wanted the list of the run's files, got a damaged one; begin another run",
    )
    expect(whole.length).toBe(slots.files.size)
  })
})
