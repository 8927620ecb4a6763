/** Whole numbers in a request. No I/O. No clock. */
import { z } from 'zod'

/** Zod's `int` ends the validation of the whole body at a fraction: the rules over several fields would not be looked at. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .number({ error })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error })
    .meta({ type: 'integer', minimum: min, maximum: max })
}
