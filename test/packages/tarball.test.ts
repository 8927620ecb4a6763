/** The package as `npm run package` makes it, installed into an empty project without a network. */
import { type ExecFileOptions, execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { createKey, markedPrompt, url } from './support.ts'

const root = new URL('../../', import.meta.url).pathname
const project = mkdtempSync(join(tmpdir(), 'reelhook-tarball-'))
const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })])
let files: string[] = []

beforeAll(async () => {
  const pack = ['run', 'package', '--silent', '--', '--json', '--pack-destination', project]
  const report = await run('npm', pack, { cwd: root })
  const [{ filename, files: all }] = packed.parse(JSON.parse(report.slice(report.indexOf('[\n'))))
  files = all.map(({ path }) => path)
  write('package.json', JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`])
}, 120_000)
afterAll(() => rmSync(project, { recursive: true }))

const samples = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, sample = '']) => sample,
)

/** The Node of the npm scripts, and the one of this machine, which may be older. */
const systemNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find(existsSync)
const nodes = [...new Set([process.execPath, ...(systemNode === undefined ? [] : [systemNode])])]

describe.concurrent('the published package', () => {
  it('contains the bundles and the types of the entries, and nothing of the Worker', () => {
    expect(files.filter((path) => !path.startsWith('dist/types/')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/ai-sdk.js',
      'dist/ai-sdk.licenses.txt',
      'dist/cli.js',
      'dist/cli.licenses.txt',
      'dist/client.js',
      'dist/client.licenses.txt',
      'package.json',
    ])
    const types = files.filter((path) => path.startsWith('dist/types/'))
    const ofTheSdk = /^dist\/types\/sdk\/(?:client|ai-sdk)\/.*\.d\.ts$/
    expect(types.filter((path) => !ofTheSdk.test(path)).sort()).toEqual([
      'dist/types/core/request/choices.d.ts',
      'dist/types/core/request/model-limits.d.ts',
      'dist/types/core/request/size.d.ts',
    ])
    expect(types).toEqual(
      expect.arrayContaining(['dist/types/sdk/client/index.d.ts', 'dist/types/sdk/ai-sdk/index.d.ts']),
    )
  })

  it('brings no other package', async () => {
    expect((await run('npm', ['ls', '--all', '--parseable'])).trim().split('\n')).toHaveLength(2)
  })

  it('has the command reelhook', async () => {
    expect((await run('npx', ['--offline', 'reelhook', '--version'])).trim()).toBe(packageJson.version)
  })
})

describe.concurrent.each(nodes)('in %s', (node) => {
  it('each entry can be imported, and required', async () => {
    write(
      'entries.js',
      `import * as main from 'reelhook'
      import * as client from 'reelhook/client'
      import * as aiSdk from 'reelhook/ai-sdk'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('reelhook')
      console.log(JSON.stringify([main, client, aiSdk, required].map((entry) => Object.keys(entry).sort())))`,
    )
    const names = ['ReelhookError', 'createClient', 'verifyWebhook']
    const [main, client, aiSdk, required] = z
      .array(z.array(z.string()))
      .parse(JSON.parse(await run(node, ['entries.js'])))
    expect(main).toEqual(names)
    expect(client).toEqual(names)
    expect(aiSdk).toContain('createReelhook')
    expect(required).toEqual(expect.arrayContaining(names))
  })

  it('the example of the README makes a job and saves its file', async () => {
    const { code, stdout, folder } = await runExample(node, markedPrompt())
    expect(code).toBe(0)
    expect(stdout.trim().split('\n').at(-1)).toBe('succeeded 100')
    expect(statSync(join(folder, 'boat.mp4')).size).toBeGreaterThan(0)
  })

  it('the example of the README says why its job failed', async () => {
    const { code, stderr, folder } = await runExample(node, markedPrompt('fail=moderated'))
    expect(code).toBe(1)
    expect(stderr).toBe('Runware blocked the content (contentPolicyViolation).\n')
    expect(existsSync(join(folder, 'boat.mp4'))).toBe(false)
  })

  it('an uncaught error is printed with its own line of the bundle only', async () => {
    write('uncaught.js', "import { createClient } from 'reelhook'\nawait createClient().download(undefined)")
    const env = { ...process.env, REELHOOK_URL: url }
    const { code, stderr } = await exitOf(run(node, ['uncaught.js'], { env }))
    expect(code).toBe(1)
    expect(stderr).toContain('look at its status, fault and outputs first')
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(300)
  })
})

async function runExample(node: string, prompt: string) {
  const { key } = await createKey()
  const [example = ''] = samples.filter((sample) => sample.includes('reelhook.download'))
  const folder = mkdtempSync(join(project, 'job-'))
  writeFileSync(join(folder, 'job.js'), example.replace('A paper boat drifts by', prompt))
  const env = { ...process.env, REELHOOK_URL: url, REELHOOK_API_KEY: key }
  return { ...(await exitOf(run(node, ['job.js'], { cwd: folder, env }))), folder }
}

const typescript5 = `${root}test/packages/typescript-5.9/node_modules/typescript/bin/tsc`
const typescript7 = `${root}node_modules/typescript/bin/tsc`
const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
const inNode = { lib: ['es2022'], types: ['node'] }
const inBrowser = { lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] }

describe.concurrent('the types', () => {
  beforeAll(() => write('use.ts', use))

  it.each([
    { name: 'TypeScript 5.9, node16, without DOM', compiler: typescript5, module: 'node16', ...inNode },
    { name: 'TypeScript 5.9, bundler, with DOM only', compiler: typescript5, module: 'esnext', ...inBrowser },
    { name: 'TypeScript 7, nodenext, without DOM', compiler: typescript7, module: 'nodenext', ...inNode },
    { name: 'TypeScript 7, bundler, with DOM only', compiler: typescript7, module: 'esnext', ...inBrowser },
  ])('are right in $name', async ({ name, compiler, module, lib, types }) => {
    const moduleResolution = module === 'esnext' ? 'bundler' : module
    const options = {
      target: 'es2022',
      module,
      moduleResolution,
      lib,
      types,
      typeRoots: [`${root}node_modules/@types`],
      noEmit: true,
      skipDefaultLibCheck: true,
      ...strict,
    }
    const file = `${name.replaceAll(/\W/g, '')}.json`
    write(file, JSON.stringify({ compilerOptions: options, files: ['use.ts'] }))
    expect(await run(process.execPath, [compiler, '-p', file])).toBe('')
  })

  it.each([
    { name: 'TypeScript 5.9', compiler: typescript5 },
    { name: 'TypeScript 7', compiler: typescript7 },
  ])('of the samples in the README are right in $name', async ({ compiler }) => {
    const folder = mkdtempSync(join(project, 'samples-'))
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['openai', 'ai', '@openrouter'])
      symlinkSync(`${root}node_modules/${name}`, join(folder, 'node_modules', name))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const [n, sample] of samples.entries()) writeFileSync(join(folder, `sample-${n}.ts`), sample)
    const options = {
      target: 'es2022',
      module: 'nodenext',
      ...inNode,
      typeRoots: [`${root}node_modules/@types`],
      noEmit: true,
      skipLibCheck: true,
      ...strict,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
    const { stdout } = await exitOf(run(process.execPath, [compiler, '-p', folder]))
    expect(stdout).toBe('')
  })
})

/** Accepted by an editor, but for the lines at its end, which it marks as errors. */
const use = `
import { createReelhook } from 'reelhook/ai-sdk'
import { createClient, type Event, type Job, ReelhookError, type TimelineEntry, verifyWebhook } from 'reelhook'
import { createClient as sameClient } from 'reelhook/client'

const reelhook = createClient({ baseUrl: 'https://reelhook.test', apiKey: 'rh_' })
export const same: typeof createClient = sameClient
export const provider = createReelhook({ baseURL: 'https://reelhook.test', apiKey: 'rh_' })

export async function make(): Promise<Job> {
  const { id } = await reelhook.create({ model: 'seedance-2.0-mini', prompt: 'A boat' }, { idempotencyKey: 'order-42' })
  const job = await reelhook.wait(id, { timeoutMs: 1_000, onChange: ({ progress }) => void progress?.toFixed() })
  const [output] = job.outputs
  if (output !== undefined) for await (const bytes of (await reelhook.download(output)).body ?? []) void bytes.byteLength
  const { data, next_cursor } = await reelhook.api.listJobs({ query: { status: 'failed', limit: 10, 'metadata[order]': '42' } })
  const entries: TimelineEntry[] = await reelhook.timeline(id)
  for await (const { event } of reelhook.follow({ types: ['job.failed'] })) if (event.type === 'job.failed') void event.data.fault?.code
  return data[0] ?? job
}

export async function receive(request: Request): Promise<string> {
  try {
    const event: Event = await verifyWebhook({ body: await request.text(), headers: request.headers, secret: 'whsec_' })
    switch (event.type) {
      case 'job.succeeded':
        return event.data.outputs.map(({ url }) => url ?? '').join()
      case 'output.stored':
        return event.data.output.sha256 ?? ''
      case 'job.erased':
        return event.data.reason
      default:
        return event.type
    }
  } catch (error) {
    if (error instanceof ReelhookError) return error.code satisfies string
    throw error
  }
}

// @ts-expect-error: no such model
void reelhook.create({ model: 'seedance-9' })
// @ts-expect-error: a misspelled field
void reelhook.create({ model: 'seedance-2.0-mini', promt: 'A boat' })
// @ts-expect-error: no such status
void reelhook.api.listJobs({ query: { status: 'done' } })
// @ts-expect-error: the id is in the path
void reelhook.api.getJob({ id: 'job_1' })
// @ts-expect-error: a stream
void reelhook.api.followEvents
// @ts-expect-error: without a secret
void verifyWebhook({ body: '', headers: {} })
// @ts-expect-error: milliseconds are a number
void reelhook.wait('job_1', { timeoutMs: '1s' })
`

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text)
}

async function run(command: string, args: string[], options: ExecFileOptions = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: project, ...options, encoding: 'utf8' })
  return stdout
}

const exitSchema = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() })

/** Also of a command that failed. */
async function exitOf(running: Promise<string>) {
  return running.then(
    (stdout) => ({ code: 0, stdout, stderr: '' }),
    (error: unknown) => exitSchema.parse(error),
  )
}
