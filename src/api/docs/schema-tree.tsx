/** A schema as a tree. A component is a link to its own tree, so that the tree of one that contains itself ends. */
import { nameOf, type Schema } from './description.ts'
import { inline } from './markdown.tsx'
import { isOnlyValues, limitWords, typeWords, valuesOf, variantsOf } from './schema-words.ts'

interface Named {
  name: string
  schema: Schema
  isRequired: boolean
}

export function SchemaTree({ schema }: { schema: Schema }) {
  const fields = fieldsOf(schema)
  const extended = (schema.allOf ?? []).flatMap(({ $ref }) => $ref ?? [])
  return (
    <>
      {extended.map(($ref) => (
        <p>
          Every field of <SchemaLink $ref={$ref} />, and:
        </p>
      ))}
      {fields.length > 0 ? <Fields fields={fields} /> : <p>{<Type schema={schema} />}</p>}
    </>
  )
}

export function Fields({ fields }: { fields: Named[] }) {
  return (
    <ul class="fields">
      {fields.map((field) => (
        <li>
          <Field {...field} />
        </li>
      ))}
    </ul>
  )
}

export function SchemaLink({ $ref }: { $ref: string }) {
  const name = nameOf($ref)
  return <a href={`#schema-${name}`}>{name}</a>
}

function Field(field: Named) {
  const inner = fieldsOf(field.schema)
  if (inner.length === 0) return <Head {...field} />
  return (
    <details>
      <summary>
        <Head {...field} />
      </summary>
      <Fields fields={inner} />
    </details>
  )
}

function Head({ name, schema, isRequired }: Named) {
  const values = valuesOf(schema)
  const limits = limitWords(schema)
  const text = schema.description ?? schema.items?.description
  return (
    <>
      <code class="name">{name}</code> <Type schema={schema} />
      {isRequired && <b class="required"> required</b>}
      {limits.length > 0 && <span class="limits"> · {limits.join(' · ')}</span>}
      {schema.default !== undefined && (
        <span class="limits">
          {' '}
          · default <code>{JSON.stringify(schema.default)}</code>
        </span>
      )}
      {values.length > 0 && (
        <span class="text">
          {isOnlyValues(schema) ? 'One of' : 'Or'}{' '}
          {values.map((value, index) => (
            <>
              {index > 0 && ', '}
              <code>{value}</code>
            </>
          ))}
        </span>
      )}
      {text !== undefined && <span class="text">{inline(text)}</span>}
    </>
  )
}

/** The names of components are links. */
function Type({ schema }: { schema: Schema }) {
  const words = typeWords(schema)
  const $ref = referenceIn(schema)
  if ($ref === undefined) return <span class="type">{words}</span>
  const name = nameOf($ref)
  const [before = '', after = ''] = words.split(name)
  return (
    <span class="type">
      {before}
      <SchemaLink $ref={$ref} />
      {after}
    </span>
  )
}

/** The component that a schema, its array, or one of its variants is. */
function referenceIn(schema: Schema): string | undefined {
  if (schema.$ref !== undefined) return schema.$ref
  if (schema.items !== undefined) return referenceIn(schema.items)
  return variantsOf(schema)
    .map(referenceIn)
    .find((found) => found !== undefined)
}

/** The fields of an object, of the objects in an array, and of all variants. */
function fieldsOf(schema: Schema): Named[] {
  const { properties = {}, required = [], additionalProperties, items, allOf = [] } = schema
  const own = Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    isRequired: required.includes(name),
  }))
  const others =
    typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
      ? [{ name: '[any name]', schema: additionalProperties, isRequired: false }]
      : []
  const nested = [...allOf, ...(items === undefined ? [] : [items])]
  return [
    ...own,
    ...others,
    ...nested.flatMap(fieldsOf),
    ...fieldsOfVariants(variantsOf(schema).map(fieldsOf)),
  ]
}

/** Each field once. It is required if every variant with fields requires it. */
function fieldsOfVariants(variants: Named[][]): Named[] {
  const withFields = variants.filter((fields) => fields.length > 0)
  const byName = new Map(withFields.flat().map((field) => [field.name, field]))
  return [...byName.values()].map((field) => ({
    ...field,
    isRequired: withFields.every((fields) =>
      fields.some(({ name, isRequired }) => name === field.name && isRequired),
    ),
  }))
}
