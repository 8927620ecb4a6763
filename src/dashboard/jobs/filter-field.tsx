/** One field of the filters, with its faults. */
import type { Child } from 'hono/jsx'
import { Fault } from '../components/field.tsx'

interface FieldProps {
  name: string
  label: string
  fault: string
  children?: Child
}

export function Field({ name, label, fault, children }: FieldProps) {
  return (
    <div>
      <label for={name}>{label}</label>
      {children}
      <Fault name={name} fault={fault} />
    </div>
  )
}
