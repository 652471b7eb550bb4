/** An open file of the origin-private file system, which is read and written without waiting. */
export interface Handle {
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

/** A place for numbered files: a folder of the origin-private file system or, in tests, memory. */
export interface Slots {
  /** Name of the place in error messages. */
  readonly name: string
  /** Opens a file for this caller alone, and makes it if it does not exist. @throws as the storage does */
  open(file: string): Promise<Handle>
  /** Names of the files there. */
  list(): Promise<readonly string[]>
  /** Removes the place with all its files, which must be closed. */
  remove(): Promise<void>
}

/** A file in a place. */
export interface Slot {
  readonly name: string
  readonly handle: Handle
}
