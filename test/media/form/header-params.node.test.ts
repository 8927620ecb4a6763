import { describe, expect, it } from 'vitest'
import { fileNameIn, parameterIn } from '../../../src/media/form/header-params.ts'

describe('a file name', () => {
  it.each([
    ['form-data; name="file"; filename="boat.png"', 'boat.png'],
    ['attachment; filename=boat.png', 'boat.png'],
    ['form-data; name="file"; filename="小船.png"', '小船.png'],
    ['form-data; name="file"; filename="käse; rot.png"', 'käse; rot.png'],
    ['form-data; name="file"; filename="a %22paper%22 boat.png"', 'a "paper" boat.png'],
    ['form-data; name="file"; filename="C:\\Users\\me\\boat.png"', 'boat.png'],
    ['form-data; name="file"; filename="../../etc/passwd"', 'passwd'],
    ['form-data; name="file"; filename="bo\x07at.png"', 'bo\x07at.png'],
    [`attachment; filename="${'🚢'.repeat(300)}"`, '🚢'.repeat(255)],
    [`attachment; filename="${'a'.repeat(300)}"`, 'a'.repeat(255)],
  ])('in %s is read as %j', (header, name) => {
    expect(fileNameIn(header)).toBe(name)
  })

  it.each(['', 'form-data; name="file"', 'attachment; filename=""', 'attachment; filename="/"', 'filename'])(
    'is missing in %j',
    (header) => {
      expect(fileNameIn(header)).toBeNull()
    },
  )
})

describe('a parameter', () => {
  it('is found after a quoted value that contains its name', () => {
    const header = 'form-data; filename="a; name=\\"other\\".png"; name="file"'
    expect(parameterIn(header, 'name')).toBe('file')
  })

  it('is found in any case, with or without quotes', () => {
    expect(parameterIn('multipart/form-data; Boundary=abc', 'boundary')).toBe('abc')
    expect(parameterIn('multipart/form-data;boundary="a b"', 'boundary')).toBe('a b')
  })

  it('is neither its extended form nor a part of another name', () => {
    expect(parameterIn("form-data; filename*=UTF-8''boat.png", 'filename')).toBeNull()
    expect(parameterIn('form-data; nickname="boat"', 'name')).toBeNull()
  })
})
