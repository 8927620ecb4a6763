import { describe, expect, it } from 'vitest'
import { newId } from '../../../src/core/id.ts'
import { formOf, kindAt, mapMedia, mediaOf } from '../../../src/core/request/media.ts'

const uri = (encoded: string) => `data:image/png;base64,${encoded}`

describe('embedded media', () => {
  it.each(['QQ==', 'QUI=', 'QUJD', 'QUJDREVG'])('%s is valid base64 and accepted', (encoded) => {
    expect(atob(encoded).length).toBeGreaterThan(0)
    expect(formOf(uri(encoded))).toBe('data_uri')
  })

  it.each(['', 'Q', 'QUJDR', 'Q===', 'QU=D', 'QUJD='])('"%s" is not valid base64 and refused', (encoded) => {
    expect(formOf(uri(encoded))).toBeNull()
  })

  it('of the largest size are validated', () => {
    expect(formOf(uri('QUJD'.repeat(75_000)))).toBe('data_uri')
    expect(formOf(uri(`${'QUJD'.repeat(75_000)}Q`))).toBeNull()
  })
})

describe('media', () => {
  it.each([
    ['https://media.example.com/boat.png?size=2', 'url'],
    ['http://127.0.0.1:8000/boat.png', 'url'],
    ['asset://asset-20260801-hero', 'crun_asset'],
    ['0b2b6a0e-6d1b-4c53-9c0a-3b7a3c0f9d11', 'runware_id'],
    ['asset_01kbk6v3x6f9ja8c6mphr3z4aw', 'asset'],
    ['asset_01kbk6v3x6f9ja8c6mphr3z4a', null],
    ['asset_01kbk6v3x6f9ja8c6mphr3z4il', null],
    ['job_01kbk6v3x6f9ja8c6mphr3z4aw', null],
    ['asset://', null],
    ['asset://hero/../boat', null],
    ['boat.png', null],
    ['ftp://media.example.com/boat.png', null],
    ['0b2b6a0e-6d1b-4c53-9c0a', null],
  ] as const)('%s has the form %s', (value, form) => {
    expect(formOf(value)).toBe(form)
  })
})

describe('the media of a request', () => {
  const request = {
    prompt: 'a.png',
    first_frame: 'a.png',
    reference_images: ['b.png', 'a.png'],
    reference_videos: ['c.mp4'],
    reference_audios: ['d.mp3'],
  }

  it('are listed with their path and the kind that it takes', () => {
    expect(mediaOf(request).map(({ path, value }) => [path, value, kindAt(path)])).toEqual([
      ['first_frame', 'a.png', 'image'],
      ['reference_images.0', 'b.png', 'image'],
      ['reference_images.1', 'a.png', 'image'],
      ['reference_videos.0', 'c.mp4', 'video'],
      ['reference_audios.0', 'd.mp3', 'audio'],
    ])
  })

  it('are replaced at every path, and nothing else is', () => {
    expect(mapMedia(request, (media) => (media === 'a.png' ? 'A' : media))).toEqual({
      ...request,
      first_frame: 'A',
      reference_images: ['b.png', 'A'],
    })
  })

  it('have the form of an asset for every new asset id', () => {
    for (let times = 0; times < 100; times++) expect(formOf(newId('asset'))).toBe('asset')
  })
})
