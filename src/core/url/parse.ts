/** URLs as callers give them, read once: what is judged is what is kept, called and sent on. No I/O. No clock. */
import { z } from 'zod'
import { countCharacters } from '../request/text.ts'

type ReadUrl = { ok: true; href: string } | { ok: false; message: string }

/**
 * A URL of the web in the one spelling that the WHATWG parser gives it. That parser forgives what other programs read
 * differently: it drops tabs and line breaks, turns a backslash into a slash and adds slashes that are missing. Such a
 * URL is refused, so that a provider cannot find another host in it than the guard did.
 */
export function readUrl(text: string, maxCharacters: number): ReadUrl {
  if (!text.isWellFormed()) return refuse('must not have half a character (a lone surrogate)')
  if (/[\s\p{Cc}]/u.test(text)) {
    return refuse('must not have spaces, line breaks or control characters: write %20 for a space')
  }
  if (text.includes('\\')) return refuse('must not have a backslash: write / or %5C')
  if (!URL.canParse(text)) return refuse('is not a URL')
  if (!/^https?:\/\/[^/?#]/i.test(text)) return refuse('must begin with https:// and a host')
  const { href } = new URL(text)
  return countCharacters(href) > maxCharacters
    ? refuse(`must have at most ${maxCharacters} characters`)
    : { ok: true, href }
}

/** A schema for such a URL; it gives the one spelling. */
export function urlOf(maxCharacters: number) {
  return readWhere(() => true, z.string('is not a URL'), maxCharacters).meta({
    format: 'uri',
    maxLength: maxCharacters,
  })
}

/** A schema for text that may be such a URL or something else, which stays as it is. */
export function urlOrTextOf(schema: z.ZodString, maxCharacters: number) {
  return readWhere(isMeantAsUrl, schema, maxCharacters)
}

/** Whether a text is meant as a URL of the web, however badly it is written. */
export function isMeantAsUrl(text: string): boolean {
  return /^[\s\p{Cc}]*https?:/iu.test(text)
}

function readWhere(isUrl: (text: string) => boolean, schema: z.ZodString, maxCharacters: number) {
  const read = (text: string): ReadUrl =>
    isUrl(text) ? readUrl(text, maxCharacters) : { ok: true, href: text }
  const objection = (text: string) => {
    const url = read(text)
    return url.ok ? undefined : url.message
  }
  return schema
    .refine((text) => read(text).ok, { error: ({ input }) => objection(String(input)) })
    .overwrite((text) => {
      const url = read(text)
      return url.ok ? url.href : text
    })
}

function refuse(message: string): ReadUrl {
  return { ok: false, message }
}
