import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestSchema } from '../../../src/core/request/request.ts'
import { isMeantAsUrl, parseUrl } from '../../../src/core/url/parse.ts'
import { rejectUrl } from '../../../src/core/url/policy.ts'
import { generationOf } from '../../../src/providers/aimlapi/request.ts'
import { pricedTaskOf } from '../../../src/providers/crun/request.ts'
import { dryRunOf } from '../../../src/providers/runware/request.ts'
import { aBody, faultsOf } from '../request/a-request.ts'

const hrefOf = (text: string) => {
  const parsed = parseUrl(text, 2_048)
  return parsed.ok ? parsed.href : parsed.message
}

describe('a URL', () => {
  it.each([
    ['https://media.example.com/boat.png', 'https://media.example.com/boat.png'],
    ['https://media.example.com', 'https://media.example.com/'],
    ['HTTPS://Media.Example.com:443/Boat.png', 'https://media.example.com/Boat.png'],
    [
      'https://bücher.example/größe.png?q=水',
      'https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe.png?q=%E6%B0%B4',
    ],
    ['https://media.example.com/a/../b', 'https://media.example.com/b'],
    [
      'https://media.example.com/a%20b?x=%7B%22a%22%3A1%7D#f',
      'https://media.example.com/a%20b?x=%7B%22a%22%3A1%7D#f',
    ],
    ['https://0x7f.1/', 'https://127.0.0.1/'],
  ])('%s is normalized to %s', (text, href) => {
    expect(hrefOf(text)).toBe(href)
  })

  it.each([
    'https://media.example.com/a b.png',
    ' https://media.example.com/',
    'https://media.example.com/ ',
    'https://media.example.com/a\nb',
    'ht\ntps://media.example.com/',
    'https://media\t.example.com/',
    'https://media.example.com/\u0000',
    '\u0001https://media.example.com/',
    'https://media.example.com/\u00a0',
    'https:\\\\media.example.com\\',
    'https://media.example.com\\@evil.example/',
    'https:/media.example.com/',
    'https:media.example.com/',
    'https:///media.example.com/',
    'https://',
    'https://?x',
    'https://#',
    'https://media.example.com/\ud800',
    'https://[::1',
    'https://a b/',
    'ftp://media.example.com/',
    'boat.png',
    `https://media.example.com/${'x'.repeat(2_048)}`,
    `https://media.example.com/${'水'.repeat(300)}`,
    '',
  ])('%j is refused', (text) => {
    expect(parseUrl(text, 2_048).ok).toBe(false)
  })
})

describe('a URL in a request', () => {
  const bad = 'https://media.example.com/a b\\c'
  it.each([
    ['first_frame', { first_frame: bad }],
    ['last_frame', { first_frame: 'https://a.example/', last_frame: bad }],
    ['reference_images.0', { reference_images: [bad] }],
    ['reference_videos.0', { reference_videos: [bad] }],
    ['reference_audios.0', { reference_images: ['https://a.example/'], reference_audios: [bad] }],
    ['callback_url', { callback_url: bad }],
  ])('is refused at %s with the reason', (path, overrides) => {
    expect(faultsOf(aBody(overrides))).toEqual([expect.stringMatching(`^${path}: must not have spaces`)])
  })

  it('is sent to every provider exactly as the guard checked it', () => {
    const piece = fc.constantFrom(
      'https:',
      'HTTP:',
      '/',
      '//',
      '\\',
      '@',
      ':',
      'a.example',
      'ö.example',
      '127.0.0.1',
      '0x7f.1',
      '[::1]',
      ' ',
      '\n',
      '\t',
      '\0',
      '?',
      '#',
      '%',
      '%20',
      '..',
      '水',
      '🚢',
      '\ud800',
      'user',
      '443',
      '\u3000',
      '。',
    )
    const typed = fc
      .array(piece, { maxLength: 8 })
      .map((pieces) => pieces.join(''))
      .map((text) => (isMeantAsUrl(text) ? text : `https://a.example/${text}`))
    let accepted = 0
    fc.assert(
      fc.property(typed, (url) => {
        const parsed = requestSchema.safeParse(
          aBody({
            reference_images: [url],
            callback_url: url,
            provider_options: { aimlapi: { video_url: url } },
          }),
        )
        if (!parsed.success) return
        accepted += 1
        const [stored = ''] = parsed.data.reference_images
        const request = { ...parsed.data }
        const sent = [
          generationOf(request).image_urls?.[0],
          generationOf(request).video_url,
          pricedTaskOf(request).input.reference_images?.[0],
          dryRunOf({ request, wanted: 1, clientReference: 'x' }).inputs?.referenceImages?.[0],
          request.callback_url,
        ]
        for (const one of sent) {
          expect(one).toBe(stored)
          expect(new URL(stored).href).toBe(stored)
        }
        // A strict parser finds the same host (RFC 3986 appendix B).
        expect(/^https?:\/\/([^/?#]*)/.exec(stored)?.[1]).toContain(new URL(stored).hostname)
        expect(rejectUrl(stored, 'public')).toBe(rejectUrl(url, 'public'))
      }),
      { numRuns: 2_000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})
