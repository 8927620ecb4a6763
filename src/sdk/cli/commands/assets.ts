/** `assets`: input media of jobs. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { formatBytes } from '../../../core/format.ts'
import type { Asset } from '../../client/generated/api.schemas.ts'
import type { Cli } from '../cli.ts'
import { Stop, usageFault } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { checkFolder } from '../job/targets.ts'
import { about } from '../missing.ts'
import type { Style } from '../output.ts'
import { requireYes } from '../prompts.ts'
import { checkFile, uploadFile } from '../request/media.ts'
import { plain } from '../text.ts'

export function addAssets(program: Command, cli: Cli): void {
  const assets = program.command('assets').description('Upload, show, download and delete input media')
  const uploads = assets
    .command('upload <file...>')
    .description('Upload files; a job names them by the ids that this prints')
    .addHelpText('after', uploadHelp)
  uploads
    .hook('preAction', () => checkFiles(cli, uploads.args))
    .action((files: string[]) => upload(cli, files))
  assets
    .command('show <id>')
    .description('Show an asset')
    .addHelpText('after', '\nJSON: the asset, as GET /v1/assets/{id}.')
    .action((id: string) => show(cli, id))
  const downloads = assets
    .command('download <id>')
    .description('Download the file of an asset, and check its hash')
    .option('--output <file>', 'where to save it (default: its name, in this folder)')
    .option('--force', 'overwrite a file')
    .addHelpText('after', '\nJSON: { id, file, bytes, sha256 }.')
  downloads
    .hook('preAction', () => checkPlace(cli, downloads.opts()))
    .action((id: string, options: DownloadOptions) => download(cli, id, options))
  assets
    .command('delete <id>')
    .description('Delete an asset; a job that still needs it fails')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nJSON: { id, deleted: true }.')
    .action((id: string, options: { yes?: true }) => remove(cli, id, options))
}

const uploadHelp = `
JSON: a line for each asset, as POST /v1/assets.

Example:
  reelhook assets upload boat.png
  reelhook generate "The boat leaves" --first-frame asset_01kbk6v3x6f9ja8c6mphr3z4aw`

/** For a large video on a slow line. */
const transferMs = 30 * 60_000

async function checkFiles({ faults }: Cli, files: readonly string[]): Promise<void> {
  for (const path of files) await faults.check(() => checkFile(path))
}

async function upload(cli: Cli, files: readonly string[]): Promise<void> {
  for (const path of files) {
    const asset = await uploadFile(cli, path)
    if (cli.flags().json) cli.json(asset)
    else for (const line of assetLines(asset, cli.out.style)) cli.out.line(line)
  }
}

async function show(cli: Cli, id: string): Promise<void> {
  const asset = await about('asset', id, (await cli.api()).getAsset({ path: { id } }, cli.call))
  if (cli.flags().json) return cli.json(asset)
  for (const line of assetLines(asset, cli.out.style)) cli.out.line(line)
}

function assetLines(asset: Asset, style: Style): string[] {
  const { id, content_type, bytes, sha256, file_name, job_id, width, height, duration_seconds, created_at } =
    asset
  const facts = [
    content_type,
    formatBytes(bytes),
    ...(width === null || height === null ? [] : [`${width}×${height}`]),
    ...(duration_seconds === null ? [] : [`${duration_seconds} s`]),
  ]
  return [
    `${style.bold(id)}  ${facts.join(', ')}`,
    ...(file_name === null ? [] : [`Name     ${plain(file_name)}`]),
    ...(job_id === null ? [] : [`Job      ${job_id} (only this job can use it)`]),
    `SHA-256  ${sha256}`,
    `Created  ${created_at}`,
  ]
}

interface DownloadOptions {
  output?: string
  force?: true
}

async function checkPlace({ faults }: Cli, { output }: DownloadOptions): Promise<void> {
  if (output !== undefined) await faults.check(() => checkFolder(output))
}

/** The largest asset has 200 MiB, so it is checked in memory, and only whole files are written. */
async function download(cli: Cli, id: string, { output, force }: DownloadOptions): Promise<void> {
  const api = await cli.api()
  const asset = await about('asset', id, api.getAsset({ path: { id } }, cli.call))
  const file = output ?? fileNameOf(asset)
  const options = { signal: cli.interrupted, timeout: transferMs, parseAs: 'blob' } as const
  const content = new Uint8Array(await (await api.getAssetContent({ path: { id } }, options)).arrayBuffer())
  const sha256 = createHash('sha256').update(content).digest('hex')
  if (sha256 !== asset.sha256) {
    const message = `The file has another SHA-256 than the asset, and was not saved.`
    throw new Stop({ exitCode: exitCodes.failed, code: 'damaged_file', message, remedy: 'Try again.' })
  }
  await save(file, content, force ? 'w' : 'wx')
  if (cli.flags().json) return cli.json({ id, file, bytes: asset.bytes, sha256 })
  cli.out.line(
    `${cli.out.style.green('Saved')} ${plain(file)} (${formatBytes(asset.bytes)}, SHA-256 checked).`,
  )
}

/** The name comes from an upload: it names no other folder. */
function fileNameOf({ id, file_name, content_type }: Asset): string {
  const name = plain(basename(file_name ?? '').replaceAll('\\', ' ')).trim()
  if (name !== '' && !name.startsWith('.')) return name
  const [, subtype = 'bin'] = content_type.split('/')
  return `${id}.${extensions[subtype] ?? subtype}`
}

const extensions: Record<string, string> = { jpeg: 'jpg', mpeg: 'mp3', quicktime: 'mov' }

async function save(file: string, content: Uint8Array, flag: 'w' | 'wx'): Promise<void> {
  const error = await writeFile(file, content, { flag }).then(
    () => null,
    (reason: NodeJS.ErrnoException) => reason,
  )
  if (error === null) return
  if (error.code !== 'EEXIST') throw error
  throw usageFault(
    `The file ${file} is already there.`,
    'Choose another --output, or overwrite it with --force.',
  )
}

async function remove(cli: Cli, id: string, options: { yes?: true }): Promise<void> {
  const api = await cli.api()
  if (!options.yes) {
    const asset = await about('asset', id, api.getAsset({ path: { id } }, cli.call))
    if (!cli.canAsk()) throw usageFault(`The asset ${asset.id} was not deleted.`, 'Add --yes to delete it.')
    await requireYes(cli, `Delete ${plain(asset.file_name ?? id)}?`)
  }
  await about('asset', id, api.deleteAsset({ path: { id } }, cli.call))
  if (cli.flags().json) return cli.json({ id, deleted: true })
  cli.out.line(`${cli.out.style.green('Deleted')} ${id}.`)
}
