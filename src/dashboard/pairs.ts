/** Texts of a form with one pair in each line, for example `order=42`. No I/O. No clock. */

interface Pairs {
  /** Undefined: the text is empty, or has a fault. */
  value?: Record<string, string>
  /** Each follows the name of the field. */
  faults: string[]
}

export function readPairs(text: string, sign: '=' | ':'): Pairs {
  const lines = text.split(/\r?\n/).flatMap((line, index) => (line.trim() === '' ? [] : [{ line, index }]))
  if (lines.length === 0) return { faults: [] }
  const pairs = lines.map(({ line, index }) => {
    const at = line.indexOf(sign)
    const name = line.slice(0, Math.max(0, at)).trim()
    return { name, value: line.slice(at + 1).trim(), index }
  })
  const faults = pairs.flatMap(({ name, index }) => {
    if (name === '') return [`has a line (${index + 1}) without a name and "${sign}"`]
    const isRepeated = pairs.some((other) => other.name === name && other.index < index)
    return isRepeated ? [`has the name ${name.slice(0, 64)} twice`] : []
  })
  if (faults.length > 0) return { faults }
  return { value: Object.fromEntries(pairs.map(({ name, value }) => [name, value])), faults }
}
