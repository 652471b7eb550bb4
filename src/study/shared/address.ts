import { ArgumentError } from '../../core/errors.ts'

/** Address of a PostgreSQL database. */
export interface Address {
  /** Connection string as it was given, which may hold a password. */
  readonly url: string
  /** Text for messages, reports and logs: without the password and other parameters. */
  readonly shown: string
}

/**
 * Parses a connection string, such as `postgres://user@host:5432/database` or, for a socket,
 * `postgres:///database?host=/var/run/postgresql`.
 *
 * @throws {ArgumentError} when it is none; the message does not repeat it, since it may hold a password.
 */
export function addressOf(url: string): Address {
  // A user without a host, as for a socket, is no URL to the WHATWG: an unlikely host stands in.
  const parsed = urlIn(url) ?? urlIn(url.replace('@/', '@none.invalid/'))
  if (parsed === undefined || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw new ArgumentError(
      '--database: wanted a connection string such as postgres://user@host/database, got another text; ' +
        'give the password by PGPASSWORD or ~/.pgpass, or with special characters percent-encoded, as %20',
    )
  }
  const { username, hostname, port, pathname, searchParams } = parsed
  const host = searchParams.get('host') ?? hostname.replace('none.invalid', '')
  const shown = `postgres://${username && `${username}@`}${host}${port && `:${port}`}${pathname}`
  return { url, shown }
}

function urlIn(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
