type Cell = string | number

/** Prints rows under a title, in columns: numbers aligned right, texts aligned left. */
export function printTable(title: string, rows: Record<string, Cell>[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  const isNumeric = columns.map((column) => rows.every((row) => typeof row[column] === 'number'))
  const pad = (cell: string, index: number) =>
    isNumeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
  console.log(`\n${title}`)
  for (const line of lines) console.log(`  ${line.map(pad).join('  ').trimEnd()}`)
}
