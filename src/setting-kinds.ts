/** The kinds of values that a setting may have, each with its message. config.ts says which setting has which kind. */
import { z } from 'zod'

// An unset variable may be an empty string (wrangler.toml, .env files).
const blankAsUnset = (value: unknown) => (value === '' ? undefined : value)
export const required = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(blankAsUnset, schema)
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(blankAsUnset, schema.optional())

const isUnset = 'is not set'

const httpUrl = (message: string) => z.string(isUnset).pipe(z.url({ protocol: /^https?$/, error: message }))
export const url = httpUrl('must be an http or https URL')
export const baseUrl = url.transform((url) => url.replace(/\/+$/, ''))

export const text = z.string()

/** A form that requires an answer, such as that of the button "Deploy to Cloudflare", gets `none`. */
export const providerKey = optional(text).transform((key) => (key === 'none' ? undefined : key))

export const secret = (minLength: number) =>
  z.string(isUnset).min(minLength, `must have at least ${minLength} characters`)

export const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER) => {
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`
  const message = `must be a whole number${range}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

/** Null if it is off. */
export const wholeNumberUnlessOff = (byDefault: number, { min, max }: { min: number; max: number }) => {
  const message = `must be a whole number from ${min} to ${max}, or off`
  const number = z.coerce.number(message).int(message).min(min, message).max(max, message)
  return optional(z.union([z.literal('off'), number], message)).transform((setting) =>
    setting === 'off' ? null : (setting ?? byDefault),
  )
}

export const price = z.coerce.number('must be a number above 0').positive('must be a number above 0')

/** One of two words, the first of which is true. */
export const either = (yes: string, no: string) =>
  optional(z.enum([yes, no], `must be ${yes} or ${no}`)).transform((word) => word === yes)

const urlOrOff = 'must be an http or https URL, or off'

/** A URL, or null. A word turns it off, since a blank means the default, as for every setting. */
export const urlUnlessOff = (byDefault: string) =>
  optional(z.union([z.literal('off'), httpUrl(urlOrOff)], urlOrOff)).transform((setting) =>
    setting === 'off' ? null : (setting ?? byDefault),
  )

/** Names separated by commas. */
export const names = optional(text).transform(namesIn)

/** `alias=name` pairs, separated by commas. Every wrong pair is quoted: aliases are no secrets. */
export const aliasesOf = <Name extends string>(names: readonly Name[], byDefault: string) =>
  optional(text).transform((setting, { addIssue }): ReadonlyMap<string, Name> => {
    const aliases = new Map<string, Name>()
    for (const pair of namesIn(setting ?? byDefault)) {
      const [, alias = '', target] = /^([^=]+)=(.*)$/.exec(pair.toLowerCase().replaceAll(' ', '')) ?? []
      const name = names.find((one) => one === target)
      if (aliases.has(alias)) addIssue(`has the alias of "${pair}" twice`)
      else if (name !== undefined) aliases.set(alias, name)
      else addIssue(`has "${pair}", which must be an alias, "=" and one of ${names.join(', ')}`)
    }
    return aliases
  })

export const allOrNames = optional(text).transform((setting): 'all' | string[] => {
  if (setting === undefined || setting === '*') return 'all'
  return setting === 'off' ? [] : namesIn(setting)
})

// As the URL parser writes it: in lower case, without a port.
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
const hostNames = 'must be host names, separated by commas'

export const hosts = optional(text)
  .transform((list) => (list === undefined ? undefined : namesIn(list.toLowerCase())))
  .pipe(z.array(z.string().regex(hostName, hostNames)).min(1, hostNames).optional())

const bucketNames = 'must be the name of a bucket: 3 to 63 lowercase letters, digits, dots and hyphens'
export const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, bucketNames)

// No segment begins with a dot: the URL parser would remove "..".
const prefixes = 'must be folder names of letters, digits, ".", "_" and "-", separated by "/"'
export const keyPrefix = z.string().regex(/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?$/, prefixes)

function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
