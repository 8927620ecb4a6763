/** The setting whose name is most like a mistyped one. No I/O. */
import { settingNames } from '../config.ts'

/** For a name that is no setting. */
export function nearestSetting(name: string): string {
  const [first] = settingNames().toSorted((a, b) => distance(name, a) - distance(name, b))
  return first ?? name
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
