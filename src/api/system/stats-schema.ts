/** The schema of GET /v1/stats. */
import { z } from '@hono/zod-openapi'
import { maxRefusalGapMs, minRefusedJobs, refusalCodes, triedLastMs } from '../../core/choice/refusals.ts'
import { faultCodes } from '../../core/fault-codes.ts'
import { jobStatuses } from '../../core/job/job.ts'
import { models, providerNames } from '../../core/request/choices.ts'
import { minutes } from '../../core/schedule/units.ts'
import { maxNamed } from '../../store/reports/backlog.ts'
import { sizeFields } from './health-checks.ts'

const seconds = z.number().nullable()
const provider = z.enum(providerNames)

export const statsSchema = z
  .object({
    since: z.iso.datetime().meta({ description: 'The beginning of an hour.' }),
    until: z.iso.datetime(),
    jobs_counted: z.int(),
    jobs: z.array(z.object({ provider, status: z.enum(jobStatuses), count: z.int() })),
    time_to_finish: z
      .array(
        z.object({
          provider,
          model: z.enum(models),
          count: z.int(),
          p50_seconds: seconds,
          p95_seconds: seconds,
        }),
      )
      .meta({ description: 'Of succeeded jobs, from their creation to their end.' }),
    webhooks: z
      .array(
        z.object({
          provider,
          completed_via_webhook: z.int(),
          completed_via_poll: z.int(),
          missed_rate: z
            .number()
            .nullable()
            .meta({ description: 'The share of ended tasks whose end a poll found before any webhook.' }),
          delay_p50_seconds: seconds.meta({ description: 'From the webhook to the end of the task.' }),
          delay_p95_seconds: seconds,
          late_count: z
            .int()
            .meta({ description: 'How many webhooks arrived after a poll had found the end of their task.' }),
          late_p50_seconds: seconds.meta({ description: 'From the poll that found the end to the webhook.' }),
          late_p95_seconds: seconds,
        }),
      )
      .meta({ description: 'The ended tasks of each provider that sends webhooks.' }),
    costs: z
      .array(
        z.object({
          provider,
          amount_usd: z.number().nullable().meta({ description: 'Null: no cost was reported in USD.' }),
          credits: z
            .number()
            .nullable()
            .meta({ description: 'In the credits of the provider. Null: no cost was reported in credits.' }),
          unreported_count: z
            .int()
            .meta({ description: 'Succeeded tasks without a reported cost or a published price.' }),
        }),
      )
      .meta({ description: 'The costs that the providers reported until the job ended.' }),
    dead_letters: z.int().meta({
      description:
        'Messages about jobs that failed on every attempt in the period. The sweep still wakes the jobs, and their timelines have an entry message.dead_lettered.',
    }),
    now: z.object({
      jobs: z.object({
        overdue: z.int(),
        oldest_overdue_seconds: seconds,
        lease_expired: z.int().meta({ description: 'Overdue jobs whose last step did not finish.' }),
        past_deadline: z.int().meta({ description: 'Jobs that have not ended long after their deadline.' }),
        job_ids: z
          .array(z.string())
          .meta({ description: `At most ${maxNamed} of these jobs, the longest overdue first.` }),
      }),
      deliveries: z.object({
        pending: z.int(),
        oldest_pending_seconds: seconds,
        overdue: z.int(),
        oldest_overdue_seconds: seconds,
        disabled_endpoints: z
          .int()
          .meta({ description: 'Endpoints that were disabled because their host failed for five days.' }),
        disabled_callbacks: z
          .int()
          .meta({ description: 'Pairs of an API key and a host to which its callbacks are disabled.' }),
      }),
      slots: z.array(z.object({ provider, limit: z.int(), in_use: z.int(), waiting: z.int() })).meta({
        description:
          'The slots of each provider with a limit, and the jobs that wait for one. Empty for a key of a project: all projects share them.',
      }),
      tried_last: z
        .array(
          z.object({
            provider,
            model: z.enum(models).nullable().meta({ description: 'Null: all models.' }),
            since: z.iso.datetime().meta({ description: 'The first refusal of this streak.' }),
            until: z.iso.datetime().meta({ description: 'Each further refusal moves it.' }),
            fault: z.enum(faultCodes).meta({ description: 'The fault of the latest refusal.' }),
            remedy: z.string(),
          }),
        )
        .meta({
          description: `The providers that refused the submissions of ${minRefusedJobs} jobs in a row or more. The selections auto, cheapest and fastest try them last until ${triedLastMs / minutes} minutes after the latest refusal, or until a submission is accepted. Faults of the provider or of the account count: ${refusalCodes.join(', ')}. A refusal more than ${maxRefusalGapMs / minutes} minutes after the one before begins a new streak.`,
        }),
      database: z.object(sizeFields).nullable().meta({
        description:
          'All databases together. If each has 90 % of its limit or more, new jobs are refused (507). Pages that were freed do not count. Null for a key of a project.',
      }),
      storage: z
        .object({
          missing_objects: z
            .int()
            .meta({ description: 'Stored outputs and assets whose object is missing in the bucket.' }),
          last_reconciliation: z
            .object({
              finished_at: z.iso.datetime(),
              objects_checked: z.int(),
              rows_checked: z.int(),
              orphans_deleted: z.int().meta({ description: 'Objects without a row, which were deleted.' }),
            })
            .nullable()
            .meta({
              description: 'The last complete comparison of the bucket with the database, made daily.',
            }),
        })
        .nullable()
        .meta({ description: 'Null for a key of a project.' }),
    }),
  })
  .openapi('Stats')
