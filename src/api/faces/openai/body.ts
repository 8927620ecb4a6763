/** The body of a request, JSON or a form. A file in a form is streamed into an asset: memory never holds it. */
import type { Context as HonoContext } from 'hono'
import { maxFormBytes } from '../../../assets/upload.ts'
import { openForm } from '../../../media/form/form.ts'
import { announcedLength, sourceOf } from '../../../media/source.ts'
import { type AssetView, refuseUpload } from '../../assets/assets.ts'
import { maxBodyBytes } from '../../body.ts'
import { type FieldFault, problem } from '../../problems.ts'
import type { FaceEnv } from '../face.ts'
import { readJsonObject } from '../json-object.ts'
import { renamed } from '../names.ts'
import { readFormFields } from './form-fields.ts'
import { withTypes } from './translate.ts'
import { uploadFile } from './upload-file.ts'

export interface Body {
  fields: Record<string, unknown>
  faults: FieldFault[]
  /** The stored file of the form. */
  asset: AssetView | null
}

/** `fileField`: the field of a form that may be a file. Null: none may. A response is a refusal: nothing is stored then. */
export async function readBody(c: HonoContext<FaceEnv>, fileField: string | null): Promise<Body | Response> {
  const contentType = c.req.header('content-type') ?? ''
  if (/^multipart\/form-data\b/i.test(contentType)) return readForm(c, contentType, fileField)
  if (/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)) return readJson(c)
  return problem(c, 'unsupported_media_type', 'Send JSON or multipart/form-data.')
}

async function readJson(c: HonoContext<FaceEnv>): Promise<Body | Response> {
  const fields = await readJsonObject(c, maxBodyBytes)
  return fields instanceof Response ? fields : { fields, faults: [], asset: null }
}

async function readForm(
  c: HonoContext<FaceEnv>,
  contentType: string,
  fileField: string | null,
): Promise<Body | Response> {
  const { body, headers } = c.req.raw
  if (body === null) return problem(c, 'unreadable_body', 'The body is empty.')
  const texts: [string, Uint8Array][] = []
  const onText = (name: string, text: Uint8Array) => {
    texts.push([name, text])
  }
  const source = sourceOf(body, { length: announcedLength(headers), contentType })
  const form = await openForm(source, contentType, { maxBytes: maxFormBytes, fileField, onText })
  if (!form.ok) return refuseUpload(c, form.fault, fileField ?? '')
  const file = form.value === null ? null : await uploadFile(c.get('api'), form.value)
  if (file !== null && 'fault' in file) return refuseUpload(c, file.fault, fileField ?? '')
  if (file instanceof Response) return renamed(file, new Map([['file', fileField ?? '']]))
  const { fields, faults } = readFormFields(texts)
  return { fields: withTypes(fields), faults, asset: file }
}
