import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fromBase64Url,
  sign,
  signingKey,
  toBase64Url,
  verify,
} from '../../../src/core/crypto/derived-keys.ts'
import { isPlainLink, plainInteger } from '../../../src/core/url/signed-spelling.ts'
import { isValidLink, linkTo } from '../../../src/media/signed-links.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const secret = ['a signing secret of thirty-two characters'] as const
const settings = { publicBaseUrl: 'https://reelhook.test', signingSecret: secret }

/** Other texts that a lenient decoder reads as the same bytes. */
function respellingsOf(token: string): string[] {
  const others = [...alphabet].map((last) => `${token.slice(0, -1)}${last}`)
  const encoded = [...token].map((letter, at) => {
    const code = letter.charCodeAt(0).toString(16)
    return `${token.slice(0, at)}%${code}${token.slice(at + 1)}`
  })
  const standard = token.replaceAll('-', '+').replaceAll('_', '/')
  const spaced = [`${token}=`, `${token}==`, ` ${token}`, `${token}\n`, `${token} `, `${token}A`]
  return [...others, ...encoded, ...spaced, standard, token.toLowerCase()].filter((other) => other !== token)
}

describe('a signature', () => {
  it('has exactly one valid spelling', async () => {
    const key = await signingKey(secret, 'links')
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const token = await sign(key, text)
        expect(await verify(key, text, token)).toBe(true)
        for (const other of respellingsOf(token)) expect(await verify(key, text, other), other).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  it('of any length has exactly one base64url encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes))
        const last = text.slice(0, -1)
        const same = [...alphabet].filter(
          (letter) => fromBase64Url(`${last}${letter}`)?.join() === bytes.join(),
        )
        expect(text === '' ? [] : same).toEqual(text === '' ? [] : [text.at(-1)])
      }),
    )
  })
})

describe('a signed URL', () => {
  const output = { jobId: 'job_1', n: 0, fileName: 'job_1-0.mp4' }
  const link = linkTo(settings, output, 4_000_000_000_000)

  it('is accepted as it is issued, and with download=1', async () => {
    const { url } = await link
    expect([isPlainLink(url), isPlainLink(`${url}&download=1`)]).toEqual([true, true])
    const query = new URL(url).searchParams
    const signed = { expires: Number(query.get('expires')), signature: query.get('signature') ?? '' }
    expect(await isValidLink(settings, output, signed, 0)).toBe(true)
  })

  it.each([
    (url: string) => url.replace('outputs/0', 'outputs/%30'),
    (url: string) => url.replace('.mp4', '%2Emp4'),
    (url: string) => url.replace('expires', '%65xpires'),
    (url: string) => url.replace('expires=4', 'expires=%34'),
    (url: string) => url.replace('expires=', 'expires=+'),
    (url: string) => `${url}&expires=1`,
    (url: string) => `${url}&signature=A`,
    (url: string) => `${url}&`,
    (url: string) => `${url}=`,
    (url: string) => `${url}&utm_source=mail`,
    (url: string) => `${url}&download=1&download=1`,
    (url: string) => `${url}&download=1&`,
    (url: string) => `${url}&download=01`,
    (url: string) => `${url}&download=`,
    (url: string) => `${url}&download`,
    (url: string) => url.replace('?', '?&'),
    (url: string) => url.replace('?', '??'),
    (url: string) => url.replace('?', '?download=1&'),
    (url: string) => url.replace('&', '&&'),
    (url: string) => url.replace(/\?(expires=\d+)&(signature=.*)$/, '?$2&$1'),
    (url: string) => url.replace('signature', 'Signature'),
  ])('has no other valid spelling: %s', async (respell) => {
    const { url } = await link
    expect(isPlainLink(respell(url))).toBe(false)
  })
})

it('accepts exactly one spelling of a number', () => {
  for (const text of ['0', '7', '10', '4000000000']) expect(text).toMatch(plainInteger)
  const others = ['', '00', '01', '+0', '-0', '0x0', '1e0', '1.0', ' 1', '1 ', '1\n', '٣', 'Infinity', '1_0']
  for (const text of others) expect(text).not.toMatch(plainInteger)
})
