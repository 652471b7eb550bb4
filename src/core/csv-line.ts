/**
 * Returns cells as a line of CSV that ends with a line feed. Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180,
 * except that lines end with LF.
 */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(',')}\n`

const csvCell = (cell: string | number): string | number =>
  typeof cell === 'string' && /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
