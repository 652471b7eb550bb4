/** Where a command prints, and what is known of it. */
export interface Output {
  readonly columns: number
  readonly color: boolean
  write(text: string): void
}

/** Standard output: its width, or 80 on a pipe; colour only on a terminal without NO_COLOR. */
export function terminal(): Output {
  const { stdout, env } = process
  return {
    columns: stdout.columns ?? 80,
    color: stdout.isTTY === true && !env.NO_COLOR,
    write: (text) => void stdout.write(text),
  }
}
