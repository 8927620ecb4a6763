/** The parameters of a request: valid texts, and texts that break them. */
import fc, { type Arbitrary } from 'fast-check'
import { hostileTexts, hostileValues, isBrokenText } from './hostile.ts'
import { isValid, type JsonSchema, type Operation, type Parameter, typesOf } from './schema.ts'
import type { Seeds } from './seeds.ts'
import { valuesOf } from './values.ts'

/** Undefined: it is left out. */
export function parameterOf(
  { path }: Operation,
  parameter: Parameter,
  { ids, hints }: Seeds,
): Arbitrary<string | undefined> {
  const { name, required, schema } = parameter
  // For example `jobs` for the id in `/v1/jobs/{id}/events`.
  const collection = path.split('/').at(path.split('/').indexOf(`{${name}}`) - 1) ?? ''
  const known = parameter.in === 'path' ? ids[collection] : undefined
  const texts = (
    known === undefined ? valuesOf(schema, hints, name).map(String) : fc.constantFrom(...known)
  ).filter((text) => isSendable(parameter, text))
  const some =
    known === undefined
      ? texts
      : fc.oneof(
          { weight: 12, arbitrary: texts },
          {
            weight: 1,
            arbitrary: fc.constantFrom(...hostileTexts.filter((text) => isSendable(parameter, text))),
          },
        )
  return required ? some : fc.option(some, { nil: undefined, freq: 1 })
}

export interface ParameterEdit {
  isBreak: boolean
  /** It is sent this often. */
  texts: string[]
}

const cache = new WeakMap<Parameter, ParameterEdit[]>()

export function editsOf(parameter: Parameter): ParameterEdit[] {
  const known = cache.get(parameter)
  if (known !== undefined) return known
  const { schema, required } = parameter
  const { refused, allowed } = hostileValues(schema)
  const scalars = [...refused, ...allowed].filter(
    (value) => typeof value === 'string' || typeof value === 'number',
  )
  const texts = [...new Set([...scalars.map(String), ...hostileTexts])].filter((text) =>
    isSendable(parameter, text),
  )
  const edits = [
    ...texts.map((text) => ({ isBreak: isRefused(parameter, text), texts: [text] })),
    ...(parameter.in === 'query' ? [{ isBreak: true, texts: ['1', '1'] }] : []),
    ...(required && parameter.in !== 'path' ? [{ isBreak: true, texts: [] }] : []),
  ]
  cache.set(parameter, edits)
  return edits
}

/** Every id is a text that the routes look up. */
function isRefused(parameter: Parameter, text: string): boolean {
  if (parameter.in !== 'path' && isBrokenText(text)) return true
  return !isValidText(parameter.schema, text)
}

function isValidText(schema: JsonSchema, text: string): boolean {
  const types = typesOf(schema)
  if (types.includes('integer')) return /^-?(0|[1-9]\d*)$/.test(text) && isValid(schema, Number(text))
  if (types.includes('number')) return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && isValid(schema, Number(text))
  if (types.includes('boolean')) return text === 'true' || text === 'false'
  return isValid(schema, text)
}

/** A URL cannot have an empty segment or one of dots, and a header only some characters, none of them at its ends. */
function isSendable(parameter: Parameter, text: string): boolean {
  if (parameter.in === 'query') return true
  if (parameter.in === 'path') return text !== '' && !/^\.+$/.test(text) && text.isWellFormed()
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)
}

/** `%D8%00` for half a character, as a lax client encodes it: it is not UTF-8. */
export function encoded(text: string): string {
  return text.isWellFormed()
    ? encodeURIComponent(text)
    : `${encodeURIComponent(text.toWellFormed())}%ED%A0%80`
}
