/** Saves a video under its name once its length and its SHA-256 are checked. */
import { createWriteStream } from 'node:fs'
import { constants, copyFile, link, rename, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Cli } from '../cli.ts'
import { Stop } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Output } from './targets.ts'

export interface SavedFile {
  n: number
  path: string
  bytes: number
  sha256: string
}

interface Saving {
  path: string
  isForced: boolean
  onProgress: (bytes: number) => void
}

/** The client continues a download that breaks, and fails before the last bytes of one that is not the stored file. */
export async function saveOutput(cli: Cli, output: Output, saving: Saving): Promise<SavedFile> {
  const part = `${saving.path}.${process.pid}.part`
  const signal = cli.interrupted
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      saving.onProgress(bytes)
      done(null, chunk)
    },
  })
  try {
    const { body } = await (await cli.client()).download(output, { signal })
    await pipeline(Readable.from(body ?? []), measure, createWriteStream(part), { signal })
    await giveName(part, saving)
    return { n: output.n, path: saving.path, bytes, sha256: output.sha256 ?? '' }
  } finally {
    await rm(part, { force: true })
  }
}

/**
 * A link fails if the name is taken, in one step. Some file systems have no links: a copy that may not overwrite does the
 * same.
 */
async function giveName(part: string, { path, isForced }: Saving): Promise<void> {
  if (isForced) return rename(part, path)
  try {
    await link(part, path)
  } catch (error) {
    if (isTaken(error)) throw taken(path, error)
    await copyFile(part, path, constants.COPYFILE_EXCL).catch((reason: unknown) => {
      throw isTaken(reason) ? taken(path, reason) : reason
    })
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

function taken(path: string, cause: unknown): Stop {
  const message = `The file ${path} is already there.`
  const remedy =
    'Save the video with "reelhook wait" and another --output, or overwrite the file with --force.'
  return new Stop({ exitCode: exitCodes.failed, code: 'file_exists', message, remedy }, { cause })
}
