/** The posted form, with its files stored as assets. The script of the page uploads each file by itself, as a stream. */

import type { Answer, Api, Problem } from '../../api/in-process.ts'
import { readBounded } from '../../core/http/read-bounded.ts'
import { type MediaField, mediaFields } from '../../core/request/media.ts'
import type { FieldFault } from './faults.tsx'
import { listIn, setList, type Values } from './values.ts'

/** Files that come with the form are held in memory. */
export const maxFormBytes = 20 * 1024 * 1024

interface PostedForm {
  values: Values
  files: { field: MediaField; file: File }[]
}

/** Without the script, the files of a field come under this name. */
export function fileInputOf(field: MediaField): string {
  return `file:${field}`
}

export async function readForm(request: Request): Promise<PostedForm | 'too_large' | 'unreadable_body'> {
  const bytes = await readBounded(request, maxFormBytes)
  if (typeof bytes === 'string') return bytes
  const { headers } = request
  const form = await new Response(bytes, { headers: { 'content-type': headers.get('content-type') ?? '' } })
    .formData()
    .catch(() => null)
  if (form === null) return 'unreadable_body'
  const values = new URLSearchParams()
  const files: PostedForm['files'] = []
  for (const [name, value] of form) {
    const field = mediaFields.find((one) => fileInputOf(one) === name)
    // Browsers send line breaks of a text as CRLF, which would count twice.
    if (typeof value === 'string') values.append(name, value.replaceAll('\r\n', '\n'))
    // An input without a file sends an empty one.
    else if (field !== undefined && value.size > 0) files.push({ field, file: value })
  }
  return { values, files }
}

/** Adds the id of each stored file to its field. The faults name the files that are not stored. */
export async function storeFiles(api: Api, { values, files }: PostedForm): Promise<FieldFault[]> {
  const faults: FieldFault[] = []
  for (const { field, file } of files) {
    const stored = await storeFile(api, file)
    if (stored.ok) {
      const others = field.startsWith('reference_') ? listIn(values, field) : []
      setList(values, field, [...others, stored.body.id])
    } else faults.push({ path: field, message: `has no file ${file.name}: ${wordsOf(stored.problem)}` })
  }
  return faults
}

async function storeFile(api: Api, file: File): Promise<Answer<{ id: string }>> {
  const body = new FormData()
  body.append('file', file)
  const response = await api.open('/v1/assets', { method: 'POST', body })
  return response.ok
    ? { ok: true, body: await response.json() }
    : { ok: false, problem: await response.json() }
}

function wordsOf({ title, detail, errors = [] }: Problem): string {
  return [detail || title, ...errors.map(({ message }) => `It ${message}`)].join(' ')
}
