/** The rows of a job's time axis. */
import { describe, expect, it } from 'vitest'
import {
  aDelivery,
  aHistory,
  allRows,
  anAnswer,
  anOutput,
  aTask,
  type EventAt,
  iso,
  rowsOf,
  segmentsOf,
} from '../support/histories.ts'

const whole = 'From acceptance to end: succeeded'
const submitted: EventAt = [400, 'task.submitted', { provider: 'runware', provider_task_id: 'remote-1' }]

describe('an ordinary job', () => {
  const history = aHistory({
    events: [
      [0, 'job.accepted', { model: 'seedance-2.0' }],
      submitted,
      [5_000, 'webhook.received', { provider: 'runware' }],
      [9_000, 'webhook.received', { provider: 'runware' }],
      [9_000, 'task.succeeded', { provider: 'runware', completed_via: 'webhook' }],
      [9_800, 'output.stored', { n: 0 }],
      [10_000, 'job.succeeded', { fault: null }],
    ],
    job: { tasks: [aTask()], outputs: [anOutput()] },
    deliveries: [aDelivery([[10_050, 120, 200]])],
  })

  it('has a row for each thing, in the order of time', () => {
    expect(rowsOf(history)).toEqual([
      whole,
      'Submission to runware: accepted',
      'Generation at runware: succeeded (learned by its webhook)',
      'Webhooks of runware: 2 received',
      'Copy of the video: stored, 27.1 KB',
      'job.succeeded to caller.test: HTTP 200',
    ])
  })

  it('separates what waits from what runs', () => {
    expect(segmentsOf(history, 'From acceptance to end')).toEqual(['whole 0-10000', 'mark 0', 'mark 10000'])
    expect(segmentsOf(history, 'Submission to runware')).toEqual(['wait 0-400', 'mark 400'])
    expect(segmentsOf(history, 'Generation at runware')).toEqual(['work 400-9000'])
    expect(segmentsOf(history, 'Webhooks of runware')).toEqual(['mark 5000', 'mark 9000'])
    expect(segmentsOf(history, 'Copy of the video')).toEqual(['work 9000-9800'])
    expect(segmentsOf(history, 'job.succeeded to caller.test')).toEqual([
      'wait 10000-10050',
      'work 10050-10170',
    ])
  })

  it('has other ids for all rows, and the same at the next look', () => {
    const ids = allRows(history).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const later = { ...history, nowMs: history.nowMs + 60_000 }
    expect(allRows(later).map(({ id }) => id)).toEqual(ids)
  })

  it('shows each answer beside its bar', () => {
    const answers = [
      anAnswer({ received_at: iso(390), body: 'accepted' }),
      anAnswer({ received_at: iso(5_000), kind: 'webhook', body: 'half' }),
      anAnswer({ received_at: iso(7_000), kind: 'status', provider_task_id: 'remote-1', body: 'running' }),
    ]
    const shown = allRows(history, answers).map(({ label, answers: all = [] }) => [
      label,
      all.map(({ body }) => body),
    ])
    expect(shown).toEqual([
      ['From acceptance to end', []],
      ['Submission to runware', ['accepted']],
      ['Generation at runware', ['running']],
      ['Webhooks of runware', ['half']],
      ['Copy of the video', []],
      ['job.succeeded to caller.test', ['its answer']],
    ])
    expect(segmentsOf(history, 'Generation at runware', answers)).toEqual(['work 400-9000', 'mark 7000'])
  })
})

describe('submissions', () => {
  it('each refusal is a row, and so is each that only an answer shows', () => {
    const history = aHistory({
      events: [
        [300, 'task.deferred', { provider: 'aimlapi', fault: 'rate_limited', wait_ms: 2_000 }],
        [9_000, 'task.rejected', { provider: 'aimlapi', fault: 'rate_limited' }],
        [9_500, 'task.submitted', { provider: 'runware' }],
      ],
      job: {
        tasks: [
          aTask({ provider: 'aimlapi', submitted_at: null, status: 'rejected', ended_at: iso(9_000) }),
          aTask({ submitted_at: iso(9_500), ended_at: iso(9_900) }),
        ],
      },
    })
    const answers = [300, 2_600, 8_990].map((ms) =>
      anAnswer({ received_at: iso(ms), provider: 'aimlapi', http_status: 429 }),
    )
    expect(rowsOf(history, answers)).toEqual([
      whole,
      'Submission to aimlapi: refused for now: rate_limited',
      'Submission to aimlapi, attempt 2: answered 429',
      'Submission to aimlapi, attempt 3: refused: rate_limited',
      'Submission to runware: accepted',
      'Generation at runware: succeeded (learned by its webhook)',
    ])
    expect(segmentsOf(history, 'Submission to aimlapi, attempt 3', answers)).toEqual([
      'wait 2600-9000',
      'mark 9000',
    ])
    expect(allRows(history)[1]?.facts).toMatchObject({ fault: 'rate_limited', wait_ms: 2_000 })
  })

  it('a lost response and its replacement are rows', () => {
    const history = aHistory({
      events: [
        [500, 'task.unknown', { provider: 'crun', message: 'Crun returned 500.' }],
        [5_000, 'task.resubmitted', { provider: 'crun', next_provider: 'runware' }],
        [6_000, 'task.submitted', { provider: 'runware' }],
      ],
    })
    expect(rowsOf(history)).toEqual([
      whole,
      'Submission to crun: response lost: it may have been bought',
      'Submission to crun, attempt 2: given up; next: runware',
      'Submission to runware: accepted',
    ])
  })

  it('a task that was never confirmed ends as a submission', () => {
    const task = aTask({ submitted_at: null, status: 'failed', ended_at: iso(9_000) })
    const events: EventAt[] = [
      [500, 'task.unknown', { provider: 'runware' }],
      [9_000, 'task.failed', { provider: 'runware', fault: 'submit_unknown' }],
    ]
    expect(rowsOf(aHistory({ events, job: { tasks: [task] } }))).toContain(
      'Submission to runware, attempt 2: failed: submit_unknown',
    )
  })

  it('the wait for a slot is a row of its own, and no part of the submission', () => {
    const events: EventAt[] = [
      [100, 'job.waiting', { for: 'slot', providers: ['runware'] }],
      [4_000, 'task.submitted', { provider: 'runware' }],
    ]
    const history = aHistory({ events })
    expect(segmentsOf(history, 'Waiting for a free slot')).toEqual(['wait 100-4000'])
    expect(segmentsOf(history, 'Submission to runware')).toEqual(['wait 4000', 'mark 4000'])
  })

  it('a job that still waits has bars until now', () => {
    const job = { status: 'queued', settled_at: null } as const
    const waiting = aHistory({ events: [[100, 'job.waiting', {}]], job, now: 60_000 })
    expect(segmentsOf(waiting, 'Waiting for a free slot')).toEqual(['wait 100-60000 open'])
    expect(segmentsOf(aHistory({ job, now: 60_000 }), 'Queued')).toEqual(['wait 0-60000 open'])
    expect(rowsOf(aHistory({ job: { status: 'canceled' } }))).toContain('Queued: never submitted')
  })
})

describe('generations and copies', () => {
  it('a running generation goes on until now', () => {
    const history = aHistory({
      events: [submitted],
      job: {
        status: 'generating',
        settled_at: null,
        tasks: [aTask({ status: 'submitted', completed_via: null, ended_at: null })],
      },
      now: 30_000,
    })
    expect(segmentsOf(history, 'Generation at runware')).toEqual(['work 400-30000 open'])
    expect(rowsOf(history)).toContain('Generation at runware: running')
    expect(segmentsOf(history, 'From acceptance to end')).toEqual(['whole 0-30000 open', 'mark 0'])
  })

  it('the generation of a canceled job is abandoned', () => {
    const tasks = [aTask({ status: 'submitted', completed_via: null, ended_at: iso(10_000) })]
    const history = aHistory({ events: [submitted], job: { status: 'canceled', tasks } })
    expect(rowsOf(history)).toContain('Generation at runware: abandoned: the job was canceled')
  })

  it('the generation of a canceled job shows that its provider canceled it', () => {
    const fault = { code: 'canceled', message: 'runware canceled it.', remedy: '', retryable: true } as const
    const tasks = [aTask({ status: 'failed', ended_at: iso(12_000), completed_via: null, fault })]
    const history = aHistory({ events: [submitted], job: { status: 'canceled', tasks } })
    expect(rowsOf(history)).toContain('Generation at runware: canceled at the provider')
    expect(segmentsOf(history, 'Generation at runware')).toEqual([
      'work 400-10000',
      'wait 10000-12000',
      'mark 12000',
    ])
  })

  it('the generation of a canceled job says why its provider did not cancel it', () => {
    const data = { provider: 'runware', provider_task_id: 'remote-1', message: 'It goes on.' }
    const tasks = [aTask({ status: 'submitted', ended_at: iso(10_000), completed_via: null })]
    const events: EventAt[] = [submitted, [12_000, 'task.not_canceled', data]]
    const rows = allRows(aHistory({ events, job: { status: 'canceled', tasks } }))
    expect(rows.find(({ label }) => label === 'Generation at runware')?.facts).toMatchObject({
      message: 'It goes on.',
    })
  })

  it('a late result shows the deadline, the wait after it, and the late copy', () => {
    const history = aHistory({
      events: [submitted, [610_000, 'output.late', { n: 0 }]],
      job: {
        status: 'failed',
        tasks: [aTask({ completed_via: 'poll', ended_at: iso(600_000) })],
        outputs: [anOutput({ late: true })],
      },
      now: 700_000,
    })
    expect(rowsOf(history)).toContain('Generation at runware: late: succeeded (found by a poll)')
    expect(segmentsOf(history, 'Generation at runware')).toEqual([
      'work 400-10000',
      'wait 10000-600000',
      'mark 600000',
    ])
    expect(rowsOf(history)).toContain('Copy of the video: stored late, 27.1 KB')
    expect(segmentsOf(history, 'Copy of the video')).toEqual(['work 600000-610000'])
  })

  it('copies follow each other, and one that was retried says how often', () => {
    const history = aHistory({
      events: [
        [9_200, 'output.stored', { n: 0 }],
        [9_300, 'output.stored', { n: 2 }],
        [9_900, 'output.stored', { n: 1, attempts: 3 }],
      ],
      job: { tasks: [aTask()], outputs: [0, 1, 2].map((n) => anOutput({ n })) },
    })
    expect(segmentsOf(history, 'Copy of video 1')).toEqual(['work 9000-9200'])
    expect(segmentsOf(history, 'Copy of video 3')).toEqual(['work 9200-9300'])
    expect(segmentsOf(history, 'Copy of video 2')).toEqual(['wait 9000-9900', 'mark 9900'])
    expect(rowsOf(history)).toContain('Copy of video 2: stored at attempt 3, 27.1 KB')
  })

  it('a failed copy and a failed export are rows, and a pending export goes on', () => {
    const copy = { url: null, key: 'a', exported_at: null, error: 'the bucket answered 403' }
    const fault = { code: 'media_wrong_type', message: 'no video', remedy: '', retryable: true } as const
    const history = aHistory({
      events: [
        [9_500, 'output.failed', { n: 0, fault: 'media_wrong_type' }],
        [9_600, 'output.stored', { n: 1 }],
        [9_700, 'output.stored', { n: 2 }],
        [19_000, 'output.export_failed', { n: 1, attempts: 10 }],
      ],
      job: {
        tasks: [aTask()],
        outputs: [
          anOutput({ status: 'failed', fault }),
          anOutput({ n: 1, export: { ...copy, status: 'failed' } }),
          anOutput({ n: 2, export: { ...copy, status: 'pending' } }),
        ],
      },
    })
    expect(rowsOf(history)).toContain('Copy of video 1: failed: media_wrong_type')
    expect(segmentsOf(history, 'Export of video 2')).toEqual(['wait 9600-19000', 'mark 19000'])
    expect(segmentsOf(history, 'Export of video 3')).toEqual(['wait 9700-20000 open'])
  })
})

it('every other event has a row, those of later versions too', () => {
  const events: EventAt[] = [
    [50_000, 'message.dead_lettered', { kind: 'webhook' }],
    [60_000, 'output.lost', { n: 0 }],
    [70_000, 'moon.rose', { phase: 'full' }],
    [80_000, 'moon.rose', { phase: 'new' }],
  ]
  expect(rowsOf(aHistory({ events })).slice(2)).toEqual([
    'Queue message failed: once',
    'Video missing from storage: once',
    'moon.rose: 2 times',
  ])
})

it('no bar ends before it begins, whatever the clocks say', () => {
  const history = aHistory({
    events: [
      [-5_000, 'task.submitted', { provider: 'runware' }],
      [200, 'output.stored', { n: 0 }],
    ],
    job: { tasks: [aTask({ submitted_at: iso(9_000), ended_at: iso(400) })], outputs: [anOutput()] },
    deliveries: [aDelivery([[9_000, 0, 200]])],
    now: -60_000,
  })
  for (const { segments } of allRows(history))
    for (const { from, to } of segments) expect(from).toBeLessThanOrEqual(to)
})
