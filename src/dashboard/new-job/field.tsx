/** One field of the form: its label, its control, and below it a hint and its faults. */
import type { Child } from 'hono/jsx'
import { FaultTexts, type FieldFault, faultsAt } from './faults.tsx'
import type { Choice } from './plan.ts'
import { textIn, type Values } from './values.ts'

/** The state of the form that every field reads. */
export interface FormState {
  values: Values
  faults: readonly FieldFault[]
  /** The id of the control that gets the focus; null for none. */
  focus: string | null
}

interface FieldProps {
  id: string
  label: string
  state: FormState
  hint?: Child
  children?: Child
}

/** The script replaces the notes only: a person may be typing in the control. */
export function Field({ id, label, state, hint, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      <Notes id={id} state={state} hint={hint} />
    </div>
  )
}

export function Notes({ id, state, hint }: Pick<FieldProps, 'id' | 'state' | 'hint'>) {
  return (
    <div id={`${id}-notes`} data-part>
      <FaultTexts faults={faultsAt(state.faults, id)} />
      {hint !== undefined && <p class="quiet">{hint}</p>}
    </div>
  )
}

export function controlProps(id: string, { faults, focus }: FormState) {
  return {
    id,
    'aria-describedby': `${id}-notes`,
    'aria-invalid': faultsAt(faults, id).length > 0 ? ('true' as const) : undefined,
    autofocus: focus === id,
  }
}

type TextFieldProps = Omit<FieldProps, 'children'> & {
  placeholder?: string
  inputmode?: 'numeric' | 'decimal' | 'url'
}

export function TextField({ placeholder, inputmode, ...field }: TextFieldProps) {
  const { id, state } = field
  return (
    <Field {...field}>
      <input
        name={id}
        value={textIn(state.values, id)}
        placeholder={placeholder}
        inputmode={inputmode}
        autocomplete="off"
        {...controlProps(id, state)}
      />
    </Field>
  )
}

type SelectFieldProps = Omit<FieldProps, 'children'> & { choices: readonly Choice[] }

/**
 * A choice that is not possible is disabled, but for the selected one: a browser does not send a disabled choice. The selected
 * one stays, also if a change of the model has removed it from the choices.
 */
export function SelectField({ choices, ...field }: SelectFieldProps) {
  const { id, state, label } = field
  const selected = textIn(state.values, id)
  const isListed = selected === '' || choices.some(({ value }) => value === selected)
  const shown = isListed ? choices : [...choices, { value: selected, label: selected, isDisabled: true }]
  const chosen = shown.find(({ value }) => value === selected)
  const isImpossible = chosen?.isDisabled === true && faultsAt(state.faults, id).length === 0
  const message = 'is not possible with this model and provider. Choose another.'
  const faults = isImpossible ? [...state.faults, { path: id, message }] : state.faults
  return (
    <Field {...field} label={label} state={{ ...state, faults }}>
      <div id={`${id}-choices`} data-part>
        <select name={id} {...controlProps(id, { ...state, faults })}>
          {shown.map(({ value, label: text, isDisabled }) => (
            <option value={value} selected={value === selected} disabled={isDisabled && value !== selected}>
              {text}
            </option>
          ))}
        </select>
      </div>
    </Field>
  )
}
