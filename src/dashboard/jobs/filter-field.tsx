/** One field of the filters, with its faults. */
import type { Child } from 'hono/jsx'

interface FieldProps {
  name: string
  label: string
  faults: string[] | undefined
  children?: Child
}

export function Field({ name, label, faults, children }: FieldProps) {
  return (
    <div>
      <label for={name}>{label}</label>
      {children}
      {faults !== undefined && (
        <p class="fault" id={`${name}-fault`} dir="auto">
          {faults.join('. ')}
        </p>
      )}
    </div>
  )
}

export function attributesOf(name: string, faults: string[] | undefined) {
  const invalid =
    faults !== undefined && ({ 'aria-invalid': 'true', 'aria-describedby': `${name}-fault` } as const)
  return { id: name, name, ...invalid }
}

interface ChoiceProps {
  name: string
  values: readonly string[]
  value: string
  faults: string[] | undefined
}

export function Choice({ name, values, value, faults }: ChoiceProps) {
  return (
    <select {...attributesOf(name, faults)}>
      <option value="">Any</option>
      {values.map((one) => (
        <option value={one} selected={one === value}>
          {one}
        </option>
      ))}
    </select>
  )
}
