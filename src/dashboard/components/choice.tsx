/** A choice among values, or none. */
import type { bareControl } from './field.tsx'

export type Option = readonly [value: string, text: string]

interface ChoiceProps {
  attributes: ReturnType<typeof bareControl>
  value: string
  options: readonly Option[]
}

/** An option whose text is its value. */
export function named(value: string): Option {
  return [value, value]
}

/** A value that is no option stays, so that its fault is shown beside it. */
export function Choice({ attributes, value, options }: ChoiceProps) {
  const isKnown = value === '' || options.some(([option]) => option === value)
  return (
    <select {...attributes}>
      <option value="">all</option>
      {(isKnown ? options : [named(value), ...options]).map(([option, text]) => (
        <option value={option} selected={option === value}>
          {text}
        </option>
      ))}
    </select>
  )
}
