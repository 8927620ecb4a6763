/** The field `provider` of a request: who makes the video, or how Reelhook chooses. */
import { z } from 'zod'
import { measuredMs, minMeasuredTasks } from '../choice/measured-times.ts'
import { minRefusedJobs } from '../choice/refusals.ts'
import { hours } from '../schedule/units.ts'
import { providerNames, selections } from './choices.ts'

export const providerField = z
  .union(
    [
      z.enum(selections),
      z.enum(providerNames),
      z.array(z.enum(providerNames)).min(1).max(providerNames.length),
    ],
    {
      error: `must be ${selections.map((name) => `"${name}"`).join(', ')}, one of ${providerNames.join(', ')}, or a list of these in order of preference`,
    },
  )
  .default('auto')
  .meta({
    description: `auto: the first eligible provider in the order of this deployment. cheapest: the lowest estimate in US dollars; those without one last. fastest: the shortest median time for the model and resolution in ${measuredMs / (24 * hours)} days; fewer than ${minMeasuredTasks} tasks: last, as in auto. Last in all three: providers that refused ${minRefusedJobs} jobs in a row. simulator: a free test video, if allowed.`,
  })
