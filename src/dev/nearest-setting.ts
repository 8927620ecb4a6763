/** The fault of a name that is no setting, with the setting that was probably meant. No I/O. */
import { settingNames } from '../config.ts'

export function unknownSettingFault(name: string): string {
  const typed = name.toUpperCase()
  const [nearest] = settingNames()
    .map((setting) => ({ setting, changes: distance(typed, setting) }))
    .toSorted((a, b) => a.changes - b.changes)
  const isNear = nearest !== undefined && nearest.changes < name.length / 2
  return `${name} is not a setting${isNear ? `; the nearest is ${nearest.setting}` : ''}`
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
