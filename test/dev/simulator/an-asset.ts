import type { TestSimulator } from './a-simulator.ts'

const heads = {
  image: '\x89PNG\r\n\x1a\n and more bytes',
  video: '\0\0\0\x18ftypisom and more bytes',
  audio: 'ID3\x04 and more bytes',
}

type Kind = keyof typeof heads

export function aFile(kind: Kind): Uint8Array {
  return Uint8Array.from(heads[kind], (character) => character.charCodeAt(0))
}

/** Uploads a file with all of Scenario's steps, and returns the final upload. */
export async function upload(sim: TestSimulator, bytes: Uint8Array, kind: string) {
  const announcement = {
    kind,
    fileName: 'a.bin',
    contentType: 'application/octet-stream',
    fileSize: bytes.length,
    parts: 1,
  }
  const { id, parts } = (await sim.scenario('uploads', announcement)).body.upload
  await sim.get(parts[0].url, { method: 'PUT', body: bytes })
  await sim.scenario(`uploads/${id}/action`, { action: 'complete' })
  await sim.scenario(`uploads/${id}`)
  return (await sim.scenario(`uploads/${id}`)).body.upload
}

/** The id of an imported asset. */
export async function anAsset(sim: TestSimulator, kind: Kind = 'image'): Promise<string> {
  return (await upload(sim, aFile(kind), kind)).entityId
}
