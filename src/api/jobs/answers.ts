/** GET /v1/jobs/:id/answers: what the providers answered about a job, and what they posted. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { parseJson } from '../../core/http/json.ts'
import type { Answer } from '../../core/job/answers.ts'
import { maxAnswerBytes, redactBody } from '../../core/job/redact-body.ts'
import { providerNames } from '../../core/request/choices.ts'
import type { Providers } from '../../providers/index.ts'
import type { TaskOfWebhook } from '../../providers/provider.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { JournaledWebhook } from '../../store/jobs/webhooks.ts'
import { answerRowsOf } from '../../store/reports/answers.ts'
import { problem } from '../problems.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { noSuchJob } from './view.ts'

const answerSchema = z
  .object({
    kind: z.enum(['submission', 'status', 'webhook']).openapi({
      description:
        'submission: the answer to the last submission of a task. status: the last status of the task that changed something. webhook: what the provider posted.',
    }),
    provider: z.enum(providerNames),
    provider_task_id: z.string().nullable().openapi({
      description:
        'Null if the provider gave the task no id, or if a webhook names no task of the job. The id in a webhook is a claim: few providers sign them.',
    }),
    received_at: z.iso.datetime(),
    http_status: z.int().nullable().openapi({ description: 'Null for a webhook.' }),
    body: z.string().openapi({
      description: `The start of the body, at most ${maxAnswerBytes} bytes. User info, query and fragment of URLs are left out, and so are keys and tokens of this deployment. JSON is written without white space.`,
    }),
    truncated: z.boolean().openapi({ description: 'Whether the body was longer.' }),
  })
  .openapi('Answer')

export type AnswerView = z.infer<typeof answerSchema>

const list = createRoute({
  operationId: 'listJobAnswers',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}/answers',
  summary: "List what a job's providers answered, oldest first",
  description:
    'For a person who looks for the cause of a failure: each task has at most one submission and one status, and the first webhooks of the job are stored. A call without a response has no entry. Do not decide by the bodies: their format is that of the provider. Empty once pruned_at of the job is set.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...noSuchJob,
    200: json('The answers and webhooks.', z.object({ data: z.array(answerSchema) })),
  },
})

export const answerRoutes = createRouter().openapi(list, async (c) => {
  const { dbOf, providers } = c.get('context')
  const { id } = c.req.valid('param')
  const rows = await answerRowsOf(dbOf(id), id)
  if (rows === null || !sees(c.get('caller'), rows.job))
    return problem(c, 'not_found', 'There is no such job.')
  const { model } = rows.job.request
  const tasks = rows.tasks.map((task) => ({ ...task, model }))
  const webhooks = rows.webhooks.map((webhook) => viewWebhook(webhook, tasks, providers))
  const data = [...tasks.flatMap(viewAnswers), ...webhooks]
  return c.json({ data: data.sort((a, b) => a.received_at.localeCompare(b.received_at)) }, 200)
})

export function viewAnswers({ provider, providerTaskId, answers }: AnsweredTask): AnswerView[] {
  const view = (kind: AnswerView['kind'], answer: Answer | null): AnswerView[] =>
    answer === null
      ? []
      : [
          {
            kind,
            provider,
            provider_task_id: providerTaskId,
            received_at: new Date(answer.at).toISOString(),
            http_status: answer.httpStatus,
            body: answer.body,
            truncated: answer.isTruncated,
          },
        ]
  return [...view('submission', answers.submission), ...view('status', answers.status)]
}

type AnsweredTask = Pick<Task, 'provider' | 'providerTaskId' | 'answers'>

function viewWebhook(
  webhook: JournaledWebhook,
  tasks: readonly TaskOfWebhook[],
  providers: Providers,
): AnswerView {
  const { provider, body, receivedAt } = webhook
  const items = providers[provider]?.parseWebhook?.(parseJson(body), tasks) ?? []
  const task = tasks.find(
    ({ providerTaskId }) =>
      providerTaskId !== null && items.some((item) => item.providerTaskId === providerTaskId),
  )
  const redacted = redactBody(body)
  return {
    kind: 'webhook',
    provider,
    provider_task_id: task?.providerTaskId ?? null,
    received_at: new Date(receivedAt).toISOString(),
    http_status: null,
    body: redacted.body,
    truncated: redacted.isTruncated,
  }
}
