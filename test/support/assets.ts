/** Uploads as callers make them: files that begin as what they are, bare or in a form. */
import { expect } from 'vitest'
import { api } from './reelhook.ts'

export interface AssetView {
  id: string
  kind: 'image' | 'video' | 'audio'
  content_type: string
  bytes: number
  sha256: string
  file_name: string | null
  job_id: string | null
  width: number | null
  height: number | null
  duration_seconds: number | null
  created_at: string
}

const starts = {
  'image/png': '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
  'image/jpeg': '\xff\xd8\xff\xe0\0\x10JFIF\0\x01',
  'image/webp': 'RIFF\x24\0\0\0WEBPVP8 ',
  'image/gif': 'GIF89a\x01\0\x01\0\0\0',
  'image/bmp': 'BM\x3a\0\0\0\0\0\0\0\x36\0',
  'image/tiff': 'II*\0\x08\0\0\0\x0f\0\0\0',
  'video/mp4': '\0\0\0\x20ftypisom\0\0\x02\0isomiso2',
  'video/quicktime': '\0\0\0\x14ftypqt  ',
  'video/webm':
    '\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm',
  'audio/mpeg': 'ID3\x04\0\0\0\0\0\0\0\0',
  'audio/wav': 'RIFF\x24\0\0\0WAVEfmt ',
  'audio/mp4': '\0\0\0\x1cftypM4A \0\0\x02\0',
} as const

export type TakenType = keyof typeof starts

export const takenTypes = Object.keys(starts) as TakenType[]

/** So many bytes that begin as a file of this type does, no two kilobytes of them alike. */
export function aFile(type: TakenType, bytes = 1_000): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at++) file[at] = (at * 31 + (at >> 10)) & 255
  file.set(bytesIn(starts[type]).subarray(0, bytes))
  return file
}

/** The same, as it stands in a request. */
export function aDataUri(type: TakenType, bytes = 1_000): string {
  return dataUriOf(type, aFile(type, bytes))
}

export function dataUriOf(type: TakenType, file: Uint8Array): string {
  return `data:${type};base64,${file.toBase64()}`
}

export function bytesIn(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export async function upload(body: BodyInit | null, headers: Record<string, string> = {}): Promise<Response> {
  return api('/v1/assets', { method: 'POST', body, headers })
}

export async function uploaded(body: BodyInit, headers: Record<string, string> = {}): Promise<AssetView> {
  const response = await upload(body, headers)
  expect(response.status, await response.clone().text()).toBe(201)
  return response.json()
}

/** A file of this type, uploaded. */
export async function anAsset(type: TakenType = 'image/png', bytes = 1_000): Promise<AssetView> {
  return uploaded(aFile(type, bytes), { 'content-type': type })
}

export const boundary = '----WebKitFormBoundaryPaperBoat'
export const formType = { 'content-type': `multipart/form-data; boundary=${boundary}` }

export interface FormPart {
  name?: string
  fileName?: string
  type?: string
  content: Uint8Array | string
}

/** A form as browsers write it, byte by byte; or, without an end, one that broke off. */
export function aForm(parts: FormPart[], end = `\r\n--${boundary}--\r\n`): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const pieces = parts.flatMap(({ name = 'file', fileName, type, content }, index) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const declared = type === undefined ? '' : `\r\nContent-Type: ${type}`
    const head = `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${declared}\r\n\r\n`
    return [encoder.encode(head), typeof content === 'string' ? encoder.encode(content) : content]
  })
  return joined([...pieces, encoder.encode(end)])
}

export function joined(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
