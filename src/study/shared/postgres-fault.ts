import { ArgumentError, EvenstepError, MachineError } from '../../core/errors.ts'

/** Codes of errors after which the same statement may succeed on a new connection: of PostgreSQL and of the network. */
const passing: readonly unknown[] = [
  ...['08000', '08001', '08003', '08004', '08006', '57P01', '57P02', '57P03', '53300', '40001', '40P01'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'],
]

/** Matches messages of `pg`, which have no code, about a connection that was lost or not made in time. */
const lostWords =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (has encountered|was closed)|Connection ended)/

/** Whether an error is one of the connection, after which the same statement may succeed on another connection. */
export const isPassing = (error: unknown): boolean =>
  passing.includes(codeOf(error)) || isNoSocket(error) || lostWords.test(messageOf(error))

const codeOf = (error: unknown): unknown => Object(error).code

const messageOf = (error: unknown): string => {
  const { message, errors } = Object(error) as { readonly message?: string; readonly errors?: unknown[] }
  // Node.js tries each address of a host, and tells of them in an error of errors without a message.
  return message || (errors?.length ? messageOf(errors[0]) : String(error))
}

/** Whether the socket's file or the host does not exist: while a server restarts, or ever. */
const isNoSocket = (error: unknown): boolean =>
  ['ENOENT', 'ENOTFOUND'].includes(codeOf(error) as string) && 'syscall' in Object(error)

/** What is wanted of the database, and what to do, for each code or class of codes with which PostgreSQL refuses. */
const refusals: readonly (readonly [code: RegExp, wanted: string, fix: string])[] = [
  [
    /^28/,
    'a user and a password that the server accepts',
    'check both; the password may be in PGPASSWORD or ~/.pgpass',
  ],
  [/^3D000$/, 'a database that exists', 'create it with createdb'],
  [
    /^42501$/,
    'the right to use and to create the schema evenstep',
    'let the owner of the database run CREATE SCHEMA evenstep AUTHORIZATION with your user',
  ],
  [
    /^(42P01|42703|3F000)$/,
    'the tables of studies as Evenstep made them',
    'restore them, or run DROP SCHEMA evenstep CASCADE, which deletes all studies',
  ],
]

/** What is wanted of the database by whoever only reads it, where that differs from `refusals`. */
const readerRefusals: typeof refusals = [
  [
    /^42501$/,
    'the right to read the schema evenstep',
    'let its owner run GRANT USAGE ON SCHEMA evenstep TO, and GRANT SELECT ON ALL TABLES IN SCHEMA evenstep TO, your user',
  ],
]

/** Faults of the server's machine, by code. */
const faults: readonly (readonly [code: RegExp, got: string, fix: string])[] = [
  [/^53100$/, 'a full disk', 'free some space on its machine, then repeat'],
  [/^(53200|58030|XX00[12])$/, 'a server that fails', "see the server's log, then repeat"],
  [/^25006$/, 'one that is read-only', 'connect to the primary server'],
]

/**
 * Converts an error of `pg` to an `EvenstepError`; returns undefined for other errors.
 *
 * @param shown address of the database, without a password
 * @param waited seconds for which the server was tried again. @default 0
 * @param isReader whether the connection only reads. @default false
 */
export function postgresFault(
  shown: string,
  error: unknown,
  waited: number = 0,
  isReader: boolean = false,
): EvenstepError | undefined {
  if (error instanceof EvenstepError) return error
  const [code, message] = [String(codeOf(error)), messageOf(error)]
  if (isPassing(error)) {
    const wanted = `wanted a PostgreSQL server that answers${waited > 0 ? ` within ${waited} s` : ''}`
    const got = waited > 0 ? `none; the last: ${message}` : message
    return new MachineError(`${shown}: ${wanted}, got ${got}; start it, or check host and port`)
  }
  if (/^SASL/.test(message)) return refusal(shown, refusals[0]!, 'no password')
  const all = isReader ? [...readerRefusals, ...refusals] : refusals
  const refused = all.find(([pattern]) => pattern.test(code))
  if (refused !== undefined) return refusal(shown, refused, message)
  const [, got, fix] = faults.find(([pattern]) => pattern.test(code)) ?? []
  return got === undefined
    ? undefined
    : new MachineError(`${shown}: wanted a database to write, got ${got}; ${fix}`)
}

const refusal = (shown: string, [, wanted, fix]: (typeof refusals)[number], got: string): ArgumentError =>
  new ArgumentError(`${shown}: wanted ${wanted}, got ${got}; ${fix}`)
