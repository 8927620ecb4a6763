/** `reelhook cancel` and `delete`: on running, ended, unknown and foreign jobs, and when an answer is lost. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/sdk/client/index.ts'
import { createKey, url } from '../support.ts'
import { runInTerminal } from './built-command.ts'
import { run } from './command.ts'
import { endedJob, projectKey, runningJob, startProxyThatLoses, unknownId } from './jobs.ts'

let apiKey = ''
let foreignId = ''
beforeAll(async () => {
  const foreignKey = await projectKey()
  ;[apiKey, foreignId] = [await projectKey(), (await endedJob(foreignKey)).id]
})

const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Null: there is none. */
async function statusOf(id: string): Promise<string | null> {
  const { code, json } = await run(['job', id, '--json'], { apiKey })
  return code === 3 ? null : json().job.status
}

describe.concurrent('cancel', () => {
  it('ends a job that runs, and says that it may still be billed', async () => {
    const { id } = await runningJob(apiKey)
    const { code, stdout, stderr } = await run(['cancel', id], { apiKey })
    expect(code).toBe(0)
    expect(stdout).toBe(`Canceled ${id}. runware has the task: it may be made and billed.\n`)
    // runware cancels no task.
    expect(stderr).toBe(
      `A provider that cancels tasks is asked to. Later "reelhook job ${id}" shows what it confirmed.\n`,
    )
    // It can be canceled once more.
    expect(await run(['cancel', id], { apiKey })).toMatchObject({ code: 0, stdout })
  })

  it('says that nothing is billed after the provider confirmed it', async () => {
    const { id } = await runningJob(apiKey, 'fal')
    const first = await run(['cancel', id, '--json'], { apiKey })
    expect(first.json()).toMatchObject({ status: 'canceled', cancellation: { may_still_be_billed: true } })
    const reelhook = createClient({ baseUrl: url, apiKey })
    await vi.waitFor(
      async () => {
        expect((await reelhook.get(id)).cancellation?.may_still_be_billed).toBe(false)
      },
      { timeout: 60_000 },
    )
    const again = await run(['cancel', id], { apiKey })
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toBe(`Canceled ${id}. fal canceled the task and does not bill it.\n`)
  })

  it('refuses a job that has ended, and says what can be done', async () => {
    const { id } = await endedJob(apiKey)
    const { code, stdout, stderr } = await run(['cancel', id], { apiKey })
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
    expect(stderr).toContain(`Error: ${id}: The job succeeded at `)
    expect(stderr).toContain('"reelhook delete" erases it')
    const failed = await endedJob(apiKey, { directives: 'fail=moderated' })
    const json = await run(['cancel', failed.id, '--json'], { apiKey })
    expect(json).toMatchObject({ code: 6, stderr: '' })
    expect(json.json()).toMatchObject({
      error: { code: 'already_settled', exit_code: 6, job_id: failed.id, remedy: expect.any(String) },
    })
  })

  it('does not find unknown and foreign jobs', async () => {
    for (const id of [unknownId, foreignId]) {
      const { code, json } = await run(['cancel', id, '--json'], { apiKey })
      expect(code).toBe(3)
      expect(json()).toMatchObject({ error: { code: 'not_found', job_id: id } })
    }
  })

  it('cancels each of several jobs, whatever the others are', async () => {
    const [ended, one, two] = [await endedJob(apiKey), await runningJob(apiKey), await runningJob(apiKey)]
    const ids = [unknownId, one.id, ended.id, two.id]
    const { code, stdout } = await run(['cancel', ...ids, '--json'], { apiKey })
    expect(code).toBe(6)
    expect(linesOf(stdout)).toMatchObject([
      { error: { code: 'not_found', job_id: unknownId } },
      { id: one.id, status: 'canceled', cancellation: { may_still_be_billed: true } },
      { error: { code: 'already_settled', job_id: ended.id } },
      { id: two.id, status: 'canceled' },
    ])
  })

  it('repeats a request whose answer is lost', async () => {
    const { id } = await runningJob(apiKey)
    const { url: baseUrl, passed } = await startProxyThatLoses(({ method }) => method === 'POST')
    const { code, stdout } = await run(['cancel', id], { apiKey, baseUrl })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`Canceled ${id}.`) })
    expect(passed).toHaveLength(2)
  })

  it('stops at trouble that every job would meet', async () => {
    const { key } = await createKey({ scopes: ['jobs:read'] })
    const refused = await run(['cancel', unknownId, foreignId, '--json'], { apiKey: key })
    expect(refused.code).toBe(4)
    expect(refused.json()).toMatchObject({ error: { code: 'forbidden' } })
  })
})

describe.concurrent('delete', () => {
  it('deletes jobs that have ended', async () => {
    const [one, two] = [await endedJob(apiKey), await endedJob(apiKey, { directives: 'fail=provider' })]
    const deleted = await run(['delete', one.id, '--yes'], { apiKey })
    expect(deleted).toMatchObject({ code: 0, stdout: `Deleted ${one.id}.\n`, stderr: '' })
    const json = await run(['delete', two.id, two.id, '--yes', '--json'], { apiKey })
    expect(json.json()).toEqual({ id: two.id, deleted: true })
    expect([await statusOf(one.id), await statusOf(two.id)]).toEqual([null, null])
  })

  it('deletes nothing without a terminal and without --yes', async () => {
    const { id } = await endedJob(apiKey)
    const { code, stderr } = await run(['delete', id], { apiKey })
    expect(code).toBe(2)
    expect(stderr).toContain('Add --yes')
    expect(await statusOf(id)).toBe('succeeded')
  })

  it('keeps a job that runs, and does not find unknown and foreign ones', async () => {
    const { id } = await runningJob(apiKey)
    const running = await run(['delete', id, '--yes'], { apiKey })
    expect(running).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('reelhook cancel') })
    const { code, stdout } = await run(['delete', unknownId, foreignId, '', '--yes', '--json'], { apiKey })
    expect(code).toBe(3)
    expect(linesOf(stdout).map(({ error }) => error.job_id)).toEqual([unknownId, foreignId, ''])
    expect(await statusOf(id)).toBe('generating')
  })

  it('keeps a job with pending deliveries, unless they are discarded', async () => {
    const { id } = await endedJob(apiKey, { callback_url: 'http://127.0.0.1:9/' })
    const kept = await run(['delete', id, '--yes'], { apiKey })
    expect(kept).toMatchObject({ code: 6, stderr: expect.stringContaining('add --force') })
    expect(kept.stderr).not.toContain('?force')
    expect(await run(['delete', id, '--yes', '--force'], { apiKey })).toMatchObject({ code: 0 })
    expect(await statusOf(id)).toBe(null)
  })

  it('has deleted the job although the answer is lost', async () => {
    const { id } = await endedJob(apiKey)
    const { url: baseUrl, passed } = await startProxyThatLoses(({ method }) => method === 'DELETE')
    const { code, stdout } = await run(['delete', id, '--yes', '--json'], { apiKey, baseUrl })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${JSON.stringify({ id, deleted: true })}\n` })
    const statuses = passed.filter(({ method }) => method === 'DELETE').map(({ status }) => status)
    expect(statuses).toEqual([204, 404])
  })

  it('needs no scope to read', async () => {
    const reelhook = createClient({ baseUrl: url, apiKey: (await createKey()).key })
    const { id } = await reelhook.create({ model: 'seedance-2.0-mini', prompt: 'A paper boat' })
    await reelhook.wait(id)
    const { key } = await createKey({ scopes: ['jobs:write'] })
    expect(await run(['delete', id, '--yes'], { apiKey: key })).toMatchObject({ code: 0 })
    expect(await run(['delete', id, '--yes'], { apiKey: key })).toMatchObject({ code: 3 })
  })
})

describe.concurrent('at a terminal', () => {
  const question = 'for good, videos included?'

  it('delete shows the jobs and asks', async () => {
    const { id, prompt } = await endedJob(apiKey)
    const no = await runInTerminal(['delete', id], { apiKey, answers: [[question, 'n']], columns: 120 })
    expect(no.code).toBe(130)
    expect(no.screen).toContain('Nothing was done.')
    expect(no.screen).toContain(prompt.slice(0, 20))
    const enter = await runInTerminal(['delete', id], { apiKey, answers: [[question, '\r']] })
    expect(enter).toMatchObject({ code: 130, screen: expect.stringContaining('Nothing was done.') })
    expect(await statusOf(id)).toBe('succeeded')
    const yes = await runInTerminal(['delete', id], { apiKey, answers: [[question, 'y']] })
    expect(yes.code).toBe(0)
    expect(yes.screen).toContain(`${id}.`)
    expect(await statusOf(id)).toBe(null)
  })

  it('delete asks about the jobs only that it can delete', async () => {
    const [running, ended] = [await runningJob(apiKey), await endedJob(apiKey)]
    const none = await runInTerminal(['delete', running.id, foreignId], { apiKey })
    expect(none.code).toBe(6)
    expect(none.screen).not.toContain(question)
    const answers: [string, string][] = [['Delete this job', 'y']]
    const some = await runInTerminal(['delete', unknownId, ended.id], { apiKey, answers })
    expect(some.code).toBe(3)
    expect(await statusOf(ended.id)).toBe(null)
  })

  it('cancel asks nothing', async () => {
    const { id } = await runningJob(apiKey)
    const env = { NO_COLOR: '1' }
    const { code, screen } = await runInTerminal(['cancel', id], { apiKey, columns: 200, env })
    expect(code).toBe(0)
    expect(screen).toContain(`Canceled ${id}. runware has the task`)
  })
})
