/**
 * The part of Zod that is in the bundle: there, wrangler.toml replaces the package's `z` by this file. Elsewhere
 * `z` has everything, so a test compares this list with the names that the Worker uses.
 */
export {
  array,
  boolean,
  coerce,
  config,
  custom,
  discriminatedUnion,
  enum,
  int,
  iso,
  literal,
  looseObject,
  number,
  object,
  partialRecord,
  preprocess,
  record,
  strictObject,
  string,
  toJSONSchema,
  tuple,
  union,
  unknown,
  url,
  ZodObject,
  ZodString,
  ZodType,
} from 'zod/v4'
