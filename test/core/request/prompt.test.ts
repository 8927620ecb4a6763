import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderPrompt, tagFaults } from '../../../src/core/request/prompt.ts'

const bracketed = (kind: string, number: number) => `[${kind} ${number}]`
const none = { image: 0, video: 0, audio: 0 }
const many = { image: 9, video: 3, audio: 3 }

describe('a tag', () => {
  it.each([
    ['{{image:1}} sails', '[image 1] sails'],
    ['{{video:1}}{{audio:3}}', '[video 1][audio 3]'],
    ['{{image:2}} before {{image:1}}', '[image 2] before [image 1]'],
    ['{{image:01}}', '[image 1]'],
    ['[[image:1]] meets [[audio:2]]', '[image 1] meets [audio 2]'],
  ])('in %s is rendered in the form of the provider', (prompt, rendered) => {
    expect(renderPrompt(prompt, bracketed)).toBe(rendered)
    expect(tagFaults(prompt, many)).toEqual([])
  })

  it.each([
    '{{ image:1 }}',
    '{{image: 1}}',
    '{{image :1}}',
    '{{  image  :  1  }}',
    '{{\timage:1\n}}',
    '{{Image:1}}',
    '{{IMAGE:1}}',
    '{{iMaGe:001}}',
    '[[ Image : 1 ]]',
    '{{\u00a0image:1\u00a0}}',
    '{{image\u2009:\u30001}}',
    '{{\u200bimage:1\ufeff}}',
    '{{image：1}}',
    '{{image:１}}',
    '{{ｉｍａｇｅ:1}}',
    '｛｛image:1｝｝',
    '{{image\ufe551}}',
    '{{{image:1}}}',
    '{{{{ image:1 }}}}',
  ])('is parsed whatever its spacing, case or width: %j', (tag) => {
    expect(renderPrompt(`A ${tag} sails`, bracketed)).toBe('A [image 1] sails')
    expect(tagFaults(tag, many)).toEqual([])
  })

  it('is parsed in any mix of spacing and case', () => {
    const space = fc.stringMatching(/^[ \t\n\u00a0\u3000]{0,3}$/)
    const kind = fc.constantFrom('image', 'Video', 'AUDIO')
    fc.assert(
      fc.property(space, kind, space, fc.integer({ min: 1, max: 3 }), (before, name, after, number) => {
        const tag = `{{${before}${name}${after}:${before}${number}${after}}}`
        expect(renderPrompt(tag, bracketed)).toBe(`[${name.toLowerCase()} ${number}]`)
        expect(tagFaults(tag, many)).toEqual([])
      }),
    )
  })
})

describe('plain text', () => {
  it('without double brackets is never changed', () => {
    fc.assert(
      fc.property(fc.string(), (prompt) => {
        fc.pre(!/[{[]{2}/.test(prompt))
        expect(renderPrompt(prompt, bracketed)).toBe(prompt)
      }),
    )
  })

  it.each([
    '{{hello}}',
    '{{ customer.name }}',
    '{{}}',
    '{{ }}',
    '[[hello]]',
    '{{a detailed photo}}',
    '{hello}',
    '@image1 and [Image1]',
    'image 1',
    '{"image": 1}',
    '{image 1 is a boat}',
    '((image:1))',
    '{{scene 2}}',
    '{{chapter two}}',
    '{{a photo of 3 cats}}',
    '{{imagery 3}}',
  ])('%s is accepted, and is not a tag', (prompt) => {
    expect(renderPrompt(prompt, bracketed)).toBe(prompt)
    expect(tagFaults(prompt, none)).toEqual([])
  })
})

describe('refused', () => {
  it('reports every tag without a reference, of every kind', () => {
    const prompt = '{{image:1}} {{ Image:2 }} {{video:1}} [[audio:0]] {{audio:1}}'
    expect(tagFaults(prompt, { image: 1, video: 0, audio: 1 })).toEqual([
      '{{ Image:2 }}, {{video:1}}, [[audio:0]] points at no reference',
    ])
  })

  it.each([
    '{{image1}}',
    '{{image_1}}',
    '{{image-1}}',
    '{{image 1}}',
    '{{image.1}}',
    '{{image#1}}',
    '{{image[1]}}',
    '{{images:1}}',
    '{{img:1}}',
    '{{pic 1}}',
    '{{picture:1}}',
    '{{photo:1}}',
    '{{Img_1}}',
    '{{@image1}}',
    '{{reference_image:1}}',
    '{{reference_images[1]}}',
    '{{ref image 1}}',
    '{{1:image}}',
    '{{image=1}}',
    '{{image:1.}}',
    '{{image:1|first}}',
    '{{image::1}}',
    '{{image:-1}}',
    '{{image;1}}',
    '{{image/1}}',
    '{image:1}',
    '{ image1 }',
    '{{image:1}',
    '{image:1}}',
    '{{image:1',
    '{{images：1',
  ])('%s is nearly a tag, and the message has the correct spelling', (near) => {
    expect(tagFaults(`A boat ${near} sails`, many)).toEqual([
      expect.stringContaining(`${near} is nearly a tag: write {{image:1}}`),
    ])
  })

  it.each([
    ['{{vid:2}}', '{{video:2}}'],
    ['{{clip 2}}', '{{video:2}}'],
    ['{{sound:3}}', '{{audio:3}}'],
    ['{{Audio_03}}', '{{audio:3}}'],
    ['[[img:1]]', '[[image:1]]'],
    ['[[image:1]', '[[image:1]]'],
    ['{{image}}', '{{image:1}}'],
    ['{{ image }}', '{{image:1}}'],
    ['{{image:}}', '{{image:1}}'],
    ['{{image:one}}', '{{image:1}}'],
    ['{{first image}}', '{{image:1}}'],
    ['{{image:n}}', '{{image:1}}'],
    ['{{image:٣}}', '{{image:1}}'],
    ['{{img:0}}', '{{image:1}}'],
    ['{{video}}', '{{video:1}}'],
    ['{{imgae:1}}', '{{image:1}}, {{video:1}} or {{audio:1}}'],
    ['{{text:1}}', '{{image:1}}, {{video:1}} or {{audio:1}}'],
    ['{{first_frame}}', '{{image:1}}, {{video:1}} or {{audio:1}}'],
  ])('%s is refused with %s', (near, right) => {
    expect(tagFaults(near, many)).toEqual([
      expect.stringContaining(`${near} is nearly a tag: write ${right},`),
    ])
  })

  it('reports every near tag once, beside the tags without a reference', () => {
    const faults = tagFaults('{{img:1}} {{image:7}} {{clip1}} {{img:1}}', none)
    expect(faults).toHaveLength(3)
    expect(faults[0]).toMatch(/^\{\{image:7\}\} points/)
    expect(faults.slice(1).map((fault) => fault.slice(0, 9))).toEqual(['{{img:1}}', '{{clip1}}'])
  })
})

describe('hostile', () => {
  it('inserts the form of the provider literally, even with replacement patterns', () => {
    expect(renderPrompt('{{image:1}}', () => '$& $1 {{image:1}}')).toBe('$& $1 {{image:1}}')
  })

  it('reports a number larger than any list', () => {
    const tag = `{{image:${'9'.repeat(400)}}}`
    expect(tagFaults(tag, many)).toEqual([`${tag} points at no reference`])
  })

  it.each(['{', '[', '{{', '{{image', '{{image:', '{{image:1', '}', '{{ ', '{{image ', 'image1'])(
    'parses ten thousand characters of %j without exponential backtracking',
    (piece) => {
      const prompt = piece.repeat(Math.floor(10_000 / piece.length))
      expect(renderPrompt(prompt, bracketed)).toBe(prompt)
      expect(tagFaults(prompt, many).length).toBeLessThan(2)
    },
  )

  it('renders every tag of an accepted prompt', () => {
    const piece = fc.constantFrom('{{', '}}', '{', '}', '[[', ']]', 'image', 'img', ':', ' ', '1', '_', 'a')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const prompt = pieces.join('')
        fc.pre(tagFaults(prompt, many).length === 0)
        expect(renderPrompt(prompt, () => '')).not.toMatch(/\{\{\s*(image|img)[\s:_]*1\s*\}\}/i)
      }),
      { numRuns: 2_000 },
    )
  })
})
