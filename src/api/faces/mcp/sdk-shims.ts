/**
 * Replaces `@modelcontextprotocol/server/_shims` in the bundle (wrangler.toml): the validator of JSON Schemas that the package
 * has for Workers, and the making of all its schemas when it is loaded. The validator is for forms that a server lets a person
 * fill in, and no tool has one: the arguments of tools are validated by Zod.
 */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('No tool asks a person for values.')
  }
}
