/** Why a job's providers have their order, as it is stored with the job and shown in its timeline. No I/O. No clock. */
import { z } from 'zod'
import { faultCodes } from '../fault-codes.ts'
import { readStored } from '../http/json.ts'
import { providerNames, selections } from '../request/choices.ts'

const provider = z.enum(providerNames)

const choiceSchema = z.object({
  measured: z.array(z.object({ provider, median_seconds: z.number(), tasks: z.int() })).optional(),
  tried_last: z
    .array(
      z.object({ provider, fault: z.enum(faultCodes), since: z.iso.datetime(), until: z.iso.datetime() }),
    )
    .optional(),
})

/** The medians that were compared, and the providers that are tried last. The request and the estimates have the rest. */
export type ProviderChoice = z.infer<typeof choiceSchema>

/** As JSON. Null: nothing was compared, and no provider is tried last. */
export function writeChoice({ measured = [], tried_last = [] }: ProviderChoice): string | null {
  if (measured.length + tried_last.length === 0) return null
  return JSON.stringify({
    ...(measured.length > 0 && { measured }),
    ...(tried_last.length > 0 && { tried_last }),
  })
}

/** As `choice` of the entry `job.accepted`. `by`: the selection, or `named` if the request names its providers. */
export const shownChoiceSchema = choiceSchema.extend({ by: z.enum([...selections, 'named']) })

/** Empty also if the JSON is damaged, because nothing is decided by it. */
export function readChoice(json: string | null): ProviderChoice {
  return readStored(choiceSchema, json) ?? {}
}
