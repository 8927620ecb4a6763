/** The JSON object in the body of a request to a face. */
import type { Context as HonoContext } from 'hono'
import { isRecord, parseDeepJson } from '../../core/http/json.ts'
import { readBounded } from '../../core/http/read-bounded.ts'
import { utf8TextIn } from '../../core/http/utf8.ts'
import { structureFault } from '../body.ts'
import { problem } from '../problems.ts'
import type { FaceEnv } from './face.ts'

/** A response is a refusal. An object is neither too deep nor too wide for what reads it next. */
export async function readJsonObject(
  c: HonoContext<FaceEnv>,
  maxBytes: number,
): Promise<Record<string, unknown> | Response> {
  const bytes = await readBounded(c.req.raw, maxBytes)
  if (bytes === 'too_large')
    return problem(
      c,
      bytes,
      `A JSON body can have at most ${maxBytes / mebibyte} MiB. Send media by URL, or upload them to /v1/assets first.`,
    )
  if (bytes === 'unreadable_body') return problem(c, bytes, 'Nothing was done. Send the request again.')
  const text = utf8TextIn(bytes)
  if (text === null) return problem(c, 'invalid_json', 'The body is not valid UTF-8.')
  const value = parseDeepJson(text)
  if (!isRecord(value)) return problem(c, 'invalid_json', 'Send a JSON object.')
  const fault = structureFault(value)
  return fault === null ? value : problem(c, 'invalid_request', 'Nothing was done.', [fault])
}

const mebibyte = 1024 * 1024
