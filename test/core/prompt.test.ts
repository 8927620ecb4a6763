import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { danglingTags, renderPrompt } from '../../src/core/prompt.ts'

const bracketed = (kind: string, number: number) => `[${kind} ${number}]`
const none = { image: 0, video: 0, audio: 0 }

describe('happy', () => {
  it.each([
    ['{{image:1}} sails', '[image 1] sails'],
    ['{{video:1}}{{audio:3}}', '[video 1][audio 3]'],
    ['{{image:2}} before {{image:1}}', '[image 2] before [image 1]'],
    ['{{image:01}}', '[image 1]'],
  ])('writes the tags of %s the way a provider wants them', (prompt, rendered) => {
    expect(renderPrompt(prompt, bracketed)).toBe(rendered)
  })

  it('leaves everything else as it was', () => {
    fc.assert(
      fc.property(fc.string(), (prompt) => {
        fc.pre(!prompt.includes('{{'))
        expect(renderPrompt(prompt, bracketed)).toBe(prompt)
      }),
    )
  })

  it.each(['{{image}}', '{{ image:1 }}', '{{Image:1}}', '{{text:1}}', '{image:1}', '{{image:-1}}'])(
    'does not take %s for a tag',
    (prompt) => {
      expect(renderPrompt(prompt, bracketed)).toBe(prompt)
      expect(danglingTags(prompt, none)).toEqual([])
    },
  )
})

describe('refused', () => {
  it('names every tag that points at nothing, of every kind', () => {
    const prompt = '{{image:1}} {{image:2}} {{video:1}} {{audio:0}} {{audio:1}}'
    expect(danglingTags(prompt, { image: 1, video: 0, audio: 1 })).toEqual([
      '{{image:2}}',
      '{{video:1}}',
      '{{audio:0}}',
    ])
  })
})

describe('hostile', () => {
  it('writes what a provider wants as it is, whatever signs it holds', () => {
    expect(renderPrompt('{{image:1}}', () => '$& $1 {{image:1}}')).toBe('$& $1 {{image:1}}')
  })

  it('calls a number larger than any list dangling', () => {
    const tag = `{{image:${'9'.repeat(400)}}}`
    expect(danglingTags(tag, { image: 9, video: 3, audio: 3 })).toEqual([tag])
  })
})
