import { describe, expect, it } from 'vitest'
import { extensionOf, fileTypeOf } from '../../src/media/file-type.ts'
import { aFile, bytesIn, type TakenType, takenTypes } from '../support/assets.ts'

describe('a file is told by its first bytes', () => {
  it.each(takenTypes)('%s', (type) => {
    const fileType = fileTypeOf(aFile(type), '')
    expect(fileType).toMatchObject({ contentType: type, kind: type.split('/')[0] })
    expect(extensionOf(type)).toBe(fileType?.extension)
  })

  it.each([
    ['an MP3 without a tag', '\xff\xfb\x90\x44', 'audio/mpeg'],
    ['an MP3 of low rate', '\xff\xf3\x40\xc0', 'audio/mpeg'],
    ['an older GIF', 'GIF87a\x01\0\x01\0', 'image/gif'],
    ['a TIFF of big ends', 'MM\0*\0\0\0\x08', 'image/tiff'],
    ['an MP4 of a brand nobody knows', '\0\0\0\x20ftyp\0\0\0\0', 'video/mp4'],
    ['an audio book', '\0\0\0\x1cftypM4B ', 'audio/mp4'],
  ])('%s', (_, start, contentType) => {
    expect(fileTypeOf(bytesIn(start), '')).toMatchObject({ contentType })
  })
})

describe('what its sender declares', () => {
  it.each<[string, TakenType]>([
    ['image/jpg', 'image/jpeg'],
    ['audio/mp3', 'audio/mpeg'],
    ['audio/x-wav', 'audio/wav'],
    ['audio/vnd.wave', 'audio/wav'],
    ['audio/x-m4a', 'audio/mp4'],
    ['application/octet-stream', 'video/webm'],
    ['binary/octet-stream', 'image/png'],
  ])('%s goes for %s', (declared, type) => {
    expect(fileTypeOf(aFile(type), declared)).toMatchObject({ contentType: type })
  })

  it('tells sound from pictures where one container holds both', () => {
    expect(fileTypeOf(aFile('video/mp4'), 'audio/mp4')).toMatchObject({
      kind: 'audio',
      contentType: 'audio/mp4',
    })
  })

  it('must be what it is, for every pair of types', () => {
    for (const type of takenTypes) {
      for (const declared of takenTypes) {
        const isAudioInMp4 = declared === 'audio/mp4' && type === 'video/mp4'
        const isRight = declared === type || isAudioInMp4
        expect(fileTypeOf(aFile(type), declared) !== null, `${type} as ${declared}`).toBe(isRight)
      }
    }
  })

  it.each([
    'text/plain',
    'application/json',
    'image/svg+xml',
    'image/*',
    'application/x-www-form-urlencoded',
  ])('is refused when it is %s', (declared) => {
    expect(fileTypeOf(aFile('image/png'), declared)).toBeNull()
  })
})

describe('what is none of the types is told, too', () => {
  it.each([
    ['nothing', ''],
    ['too little of a PNG', '\x89PN'],
    ['zeros', '\0'.repeat(64)],
    ['a page', '<!doctype html>'],
    ['a drawing that may hold scripts', '<svg xmlns="http://www.w3.org/2000/svg">'],
    ['a document', '%PDF-1.7\n%\xe2\xe3\xcf\xd3'],
    ['an archive', 'PK\x03\x04\x14\0\0\0\x08\0\0\0'],
    ['a program', '\x7fELF\x02\x01\x01\0\0\0\0\0'],
    ['a HEIF picture', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['an AVIF picture', '\0\0\0\x1cftypavif\0\0\0\0avifmif1'],
    ['a Matroska film', '\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska'],
    ['an AVI film', 'RIFF\x24\0\0\0AVI LIST'],
    ['an AAC stream', '\xff\xf1\x50\x80\x02\x1f'],
    ['text of two bytes a letter', '\xff\xfeb\0o\0a\0t\0'],
    ['words that begin as a bitmap does', 'BMW builds boats'],
    ['a FLAC', 'fLaC\0\0\0\x22'],
  ])('%s', (_, start) => {
    expect(fileTypeOf(bytesIn(start), '')).toBeNull()
  })
})
