/** A field of a form: its label, its control, its faults and its explanation. */
import type { Child } from 'hono/jsx'
import type { Problem } from '../../api/in-process.ts'

interface FieldProps {
  name: string
  label: string
  hint: string
  fault: string
  children?: Child
}

/** `children`: the control, with the attributes of `control`. */
export function Field({ name, label, hint, fault, children }: FieldProps) {
  return (
    <div>
      <label for={name}>{label}</label>
      {children}
      <Fault name={name} fault={fault} />
      <p class="quiet" id={`${name}-hint`}>
        {hint}
      </p>
    </div>
  )
}

export function Fault({ name, fault }: { name: string; fault: string }) {
  if (fault === '') return null
  return (
    <p class="fault" id={`${name}-fault`} dir="auto">
      {fault}
    </p>
  )
}

/** The attributes of the control in a `Field` with a hint. */
export function control(name: string, fault: string) {
  return {
    ...bareControl(name, fault),
    'aria-describedby': `${fault === '' ? '' : `${name}-fault `}${name}-hint`,
  }
}

/** The same without a hint. */
export function bareControl(name: string, fault: string) {
  const isFaulty = fault !== ''
  return {
    id: name,
    name,
    'aria-describedby': isFaulty ? `${name}-fault` : undefined,
    'aria-invalid': isFaulty ? ('true' as const) : undefined,
  }
}

/** The faults at a field and inside it. Empty: none. */
export function faultAt(problem: Pick<Problem, 'errors'> | undefined, name: string): string {
  return (problem?.errors ?? [])
    .filter(({ path }) => path === name || path.startsWith(`${name}.`))
    .map(({ path, message }) => (path === name ? message : `${path.slice(name.length + 1)} ${message}`))
    .join('; ')
}
