import type { LibraryHandle } from 'koffi'
import { ArgumentError } from '../core/errors.ts'
import type { Communicator } from '../train/parallel/communicator.ts'

/** File names of OpenMPI's library on Linux and macOS. */
const libraries = ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib']

/** Most elements of one call of MPI, which counts by 32-bit integers. */
const most = 2 ** 30

/** MPI's `MPI_IN_PLACE`: the buffer of results has the addends. */
const inPlace = 1n

type Floats = Float32Array | Float64Array

/** The processes that OpenMPI's `mpirun` started, `MPI_COMM_WORLD`. */
export class Mpi implements Communicator {
  readonly rank: number
  readonly size: number
  readonly #sum: (values: Floats) => void
  readonly #broadcast: (bytes: Uint8Array) => void
  readonly #finalize: () => void

  private constructor(library: LibraryHandle, addressOf: (symbol: string) => unknown) {
    const world = addressOf('ompi_mpi_comm_world')
    const check = (name: string, code: number): void => {
      if (code !== 0) throw new Error(`${name} returned ${code}`)
    }
    const query = (name: string): number => {
      const result = [0]
      check(name, library.func(`int ${name}(void*, _Out_ int*)`)(world, result))
      return result[0]!
    }
    check('MPI_Init', library.func('int MPI_Init(void*, void*)')(null, null))
    this.rank = query('MPI_Comm_rank')
    this.size = query('MPI_Comm_size')
    const [float, double, byte] = ['float', 'double', 'byte'].map((name) => addressOf(`ompi_mpi_${name}`))
    const add = addressOf('ompi_mpi_op_sum')
    const allReduce = library.func('int MPI_Allreduce(void*, void*, int, void*, void*, void*)')
    const bcast = library.func('int MPI_Bcast(void*, int, void*, int, void*)')
    this.#sum = (values) => {
      const type = values instanceof Float64Array ? double : float
      check('MPI_Allreduce', allReduce(inPlace, values, values.length, type, add, world))
    }
    this.#broadcast = (bytes) => check('MPI_Bcast', bcast(bytes, bytes.length, byte, 0, world))
    const finalize = library.func('int MPI_Finalize()')
    this.#finalize = () => check('MPI_Finalize', finalize())
  }

  /**
   * Connects to the other processes, waiting for them.
   *
   * @throws {ArgumentError} when the package koffi or OpenMPI's library is not installed.
   */
  static async open(): Promise<Mpi> {
    const { default: koffi } = await import('koffi').catch(() => {
      throw new ArgumentError('mpirun: wanted the package koffi, got none; run npm install koffi')
    })
    for (const name of libraries) {
      const library = loaded(() => koffi.load(name))
      if (library) return new Mpi(library, (symbol) => koffi.address(library.symbol(symbol, 'char')))
    }
    throw new ArgumentError(
      `mpirun: wanted OpenMPI's library, got none of ${libraries.join(', ')}; install OpenMPI, such as apt install libopenmpi3`,
    )
  }

  async sum(values: Floats): Promise<void> {
    for (let at = 0; at < values.length; at += most) this.#sum(values.subarray(at, at + most))
  }

  async broadcast(bytes: Uint8Array): Promise<Uint8Array> {
    const length = Float64Array.of(bytes.length)
    this.#broadcast(new Uint8Array(length.buffer))
    const all = this.rank === 0 ? bytes : new Uint8Array(length[0]!)
    for (let at = 0; at < all.length; at += most) this.#broadcast(all.subarray(at, at + most))
    return all
  }

  /** Ends the connection once all processes have called this; without it, `mpirun` ends the others as well. */
  close(): void {
    this.#finalize()
  }
}

function loaded<T>(load: () => T): T | undefined {
  try {
    return load()
  } catch {
    return undefined
  }
}
