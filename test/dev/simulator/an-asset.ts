import type { Stand } from './a-simulator.ts'

const heads = {
  image: '\x89PNG\r\n\x1a\n and so forth',
  video: '\0\0\0\x18ftypisom and so forth',
  audio: 'ID3\x04 and so forth',
}

type Kind = keyof typeof heads

export function aFile(kind: Kind): Uint8Array {
  return Uint8Array.from(heads[kind], (character) => character.charCodeAt(0))
}

/** Sends a file through all of Scenario's steps, and says what became of it. */
export async function upload(stand: Stand, bytes: Uint8Array, kind: string) {
  const announcement = {
    kind,
    fileName: 'a.bin',
    contentType: 'application/octet-stream',
    fileSize: bytes.length,
    parts: 1,
  }
  const { id, parts } = (await stand.scenario('uploads', announcement)).body.upload
  await stand.get(parts[0].url, { method: 'PUT', body: bytes })
  await stand.scenario(`uploads/${id}/action`, { action: 'complete' })
  await stand.scenario(`uploads/${id}`)
  return (await stand.scenario(`uploads/${id}`)).body.upload
}

/** The id of an asset that is there. */
export async function anAsset(stand: Stand, kind: Kind = 'image'): Promise<string> {
  return (await upload(stand, aFile(kind), kind)).entityId
}
