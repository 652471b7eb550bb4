import * as fs from 'node:fs'
import { rm } from 'node:fs/promises'
import { platform } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'

// The part of a file system by which runs are kept: in Node.js, the machine's. The twin, `browser-files.ts`, has the
// same functions for the origin-private file system of a web page.

export const constants: typeof fs.constants = fs.constants

export const openSync: typeof fs.openSync = fs.openSync

export const closeSync: typeof fs.closeSync = fs.closeSync

export const readSync: typeof fs.readSync = fs.readSync

export const writeSync: typeof fs.writeSync = fs.writeSync

export const ftruncateSync: typeof fs.ftruncateSync = fs.ftruncateSync

export const fchmodSync: typeof fs.fchmodSync = fs.fchmodSync

export const fstatSync: typeof fs.fstatSync = fs.fstatSync

export const lstatSync: typeof fs.lstatSync = fs.lstatSync

export const statSync: typeof fs.statSync = fs.statSync

export const existsSync: typeof fs.existsSync = fs.existsSync

export const readdirSync: typeof fs.readdirSync = fs.readdirSync

export const mkdirSync: typeof fs.mkdirSync = fs.mkdirSync

export const renameSync: typeof fs.renameSync = fs.renameSync

export const rmSync: typeof fs.rmSync = fs.rmSync

export type FileStats = fs.Stats

/** Writes chunks of bytes to an open file, on one of Node.js's own threads; may write fewer bytes than it is given. */
export const writeVector: (
  file: number,
  chunks: readonly Uint8Array[],
) => Promise<{ readonly bytesWritten: number }> = promisify(fs.writev)

/** Flushes an open file to disk, on one of Node.js's own threads. */
export const flushFile: (file: number) => Promise<void> = promisify(fs.fsync)

/** Removes a folder and all that is in it, if it is there. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

/** Whether a folder can be flushed to disk: everywhere but on Windows, where it is not needed. */
export const flushesFolders: boolean = platform() !== 'win32'

export const join: typeof path.join = path.join

export const resolve: typeof path.resolve = path.resolve

export const dirname: typeof path.dirname = path.dirname

export const basename: typeof path.basename = path.basename

/** Makes a run's folder accessible to the other functions: in Node.js, all are. */
export const mount = async (_folder: string): Promise<void> => {}

/** Lets the other functions read the files of a run: in Node.js, they can. */
export const mountForReading = async (_folder: string): Promise<void> => {}

/** Undoes `mount`. */
export const unmount = async (_folder: string): Promise<void> => {}
