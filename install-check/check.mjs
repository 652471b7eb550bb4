let failed = false

/** Runs a check, and prints a line with its name, how long it took, and what failed. */
export async function check(name, run) {
  const start = performance.now()
  let fault
  try {
    await run()
  } catch (error) {
    failed = true
    fault = [error.message, error.stdout, error.stderr].filter(Boolean).join('\n')
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(
    `${fault === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)${fault ? `\n${fault}` : ''}`,
  )
}

/** Sets the exit status: 1 when a check failed. */
export function finish() {
  process.exitCode = failed ? 1 : 0
}
