/** Parses callers' URLs once: the same spelling is validated, stored, called and sent on. No I/O. No clock. */
import { z } from 'zod'
import { countCharacters } from '../request/text.ts'

type ParsedUrl = { ok: true; href: string } | { ok: false; message: string }

/**
 * An http(s) URL, normalized by the WHATWG parser. That parser accepts text that other programs read differently: it
 * drops tabs and line breaks, turns a backslash into a slash and adds missing slashes. Such text is refused, so that a
 * provider cannot see another host in it than the guard did.
 */
export function parseUrl(text: string, maxCharacters: number): ParsedUrl {
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

/** A schema for such a URL; its output is normalized. */
export function urlOf(maxCharacters: number) {
  return schemaWhere(() => true, z.string('is not a URL'), maxCharacters).meta({
    format: 'uri',
    maxLength: maxCharacters,
  })
}

/** A schema for text that may be such a URL; other text is not changed. */
export function urlOrTextOf(schema: z.ZodString, maxCharacters: number) {
  return schemaWhere(isMeantAsUrl, schema, maxCharacters)
}

/** Whether a text is meant as an http(s) URL, even if it is malformed. */
export function isMeantAsUrl(text: string): boolean {
  return /^[\s\p{Cc}]*https?:/iu.test(text)
}

function schemaWhere(isUrl: (text: string) => boolean, schema: z.ZodString, maxCharacters: number) {
  const read = (text: string): ParsedUrl =>
    isUrl(text) ? parseUrl(text, maxCharacters) : { ok: true, href: text }
  const messageFor = (text: string) => {
    const url = read(text)
    return url.ok ? undefined : url.message
  }
  return schema
    .refine((text) => read(text).ok, { error: ({ input }) => messageFor(String(input)) })
    .overwrite((text) => {
      const url = read(text)
      return url.ok ? url.href : text
    })
}

function refuse(message: string): ParsedUrl {
  return { ok: false, message }
}
