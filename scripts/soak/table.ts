import type { Count, Failed } from './schedule.ts'

/** Returns a table of attacks with their counts, and their sums. */
export function tableOf(counts: readonly Count[]): string {
  const sum = (of: (count: Count) => number): number => counts.reduce((total, one) => total + of(one), 0)
  const rows = [
    ['attack', 'rounds', 'tried', 'failed'],
    ...counts.map(({ attack, rounds, tried, failed }) => [attack.name, rounds, tried, failed].map(String)),
    [
      'all',
      ...[sum(({ rounds }) => rounds), sum(({ tried }) => tried), sum(({ failed }) => failed)].map(String),
    ],
  ]
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return rows.map(line).join('\n')
}

/** Returns what is printed of a round that failed. */
export const told = ({ attack, round, message, folder }: Failed, seed: number): string =>
  `${attack} ${round}: ${message.trimEnd()}\n` +
  `  repeat with: npm run soak -- --seed ${seed} --only ${attack} --from ${round} --rounds 1\n` +
  `  ${folder === undefined ? 'its folder was removed' : `its folder: ${folder}`}\n`
