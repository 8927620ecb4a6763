/** The access rules: the introduction of the API's description. A test compares it with the routes. */

export const introduction = `Turns "make me a video" into an event: create a job, hang up, and receive a signed webhook when the job ends.

## Access

One deployment serves one team. An API key identifies the caller; it does not limit what the caller sees. A team that must not see another team's jobs needs a separate deployment.

**Every API key** can do the following, whichever key created the resource:

- list and show every job (\`/v1/jobs\`): its prompt, media URLs, callback URL, metadata, cost, faults and timeline;
- download every video, and create links that open a video without a key (\`/v1/jobs/{id}/outputs/{n}\`, \`/v1/jobs/{id}/links\`);
- cancel, retry and erase every job. A retry belongs to the key that requests it. Its events go to the callback URL of the original job, signed with the secret of the original job;
- show, download and delete every asset, and use it in a job (\`/v1/assets\`);
- list every delivery, with its URL, its body and the first kilobyte of each response, and send it again (\`/v1/deliveries\`);
- list, create, update, disable, enable and delete every endpoint (\`/v1/endpoints\`). An endpoint receives the events of the jobs of all keys;
- estimate a job, list the models, read the statistics and the deep health (\`/v1/estimates\`, \`/v1/models\`, \`/v1/stats\`, \`/healthz?deep\`);
- test a callback URL (\`/v1/callbacks/test\`).

**An API key can do this for itself only:** rotate its callback secret, list the hosts for which its callbacks are disabled, and enable them (\`/v1/api-keys/{id}/rotate-secret\`, \`…/disabled-callbacks\`, \`…/enable-callbacks\`). Its Idempotency-Keys, its rate limit and its limit of callback tests are separate from those of other keys.

**The admin key** is a setting of the deployment. It can do all of this for every key. Only the admin key can create, list and revoke API keys (\`/v1/api-keys\`). It has no callback secret: each of its jobs with a callback_url needs a callback_secret, and each of its callback tests needs a secret.

**Without a key** these are open: \`/healthz\` (not deep), \`/openapi.json\`, \`/.well-known/webhook-keys.json\`, and a video or an asset by a signed link until the link expires. Providers post to \`/webhooks/…\` and upload to \`/uploads/…\` with a token in the path. A token is valid for one job at one provider, or for one upload.

**No key** shows an API key or a secret after its creation, the keys of the providers, or the URLs that the providers call. A revoked key opens nothing, at the latest five seconds after its revocation. Its jobs continue, and their events are still signed with its secret.`
