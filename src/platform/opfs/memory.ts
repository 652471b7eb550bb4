import type { Handle, Slots } from './slots.ts'

/** Returns a place for files in memory. @param files bytes of the files by name; those that are there at first stay */
export function memorySlots(name: string, files: Map<string, Uint8Array>): Slots {
  return {
    name,
    open: async (file) => handleOf(files, file),
    list: async () => [...files.keys()],
    remove: async () => files.clear(),
  }
}

function handleOf(files: Map<string, Uint8Array>, name: string): Handle {
  if (!files.has(name)) files.set(name, new Uint8Array())
  const content = (): Uint8Array => files.get(name)!
  return {
    read(bytes, { at }) {
      const found = content().subarray(at, at + bytes.length)
      bytes.set(found)
      return found.length
    },
    write(bytes, { at }) {
      const whole = new Uint8Array(Math.max(content().length, at + bytes.length))
      whole.set(content())
      whole.set(bytes, at)
      files.set(name, whole)
      return bytes.length
    },
    truncate: (size) => void files.set(name, content().slice(0, size)),
    getSize: () => content().length,
    flush: () => {},
    close: () => {},
  }
}
