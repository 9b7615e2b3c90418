// An OAuth2 token server made of npm's oidc-provider, and a resource that wants its tokens.
//   node oidc.mjs FOLDER CLIENT SECRET
// The first line on stdout is {"port":N}; a line "revoke" on stdin revokes every token; the end of
// stdin ends it.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, client, secret] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
console.warn = () => {};

const provider = new Provider('http://127.0.0.1', {
  clients: [{
    client_id: client, client_secret: secret, grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [], scope: 'lab.read lab.write',
  }],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  scopes: ['lab.read', 'lab.write'],
  ttl: { ClientCredentials: 600 },
});
const given = new Set();
provider.on('client_credentials.saved', (token) => given.add(token));

provider.use(async (ctx, next) => {
  if (ctx.path !== '/lab') return next();
  const text = (ctx.get('authorization').match(/^Bearer (.+)$/) || [])[1];
  const token = text && await provider.ClientCredentials.find(text);
  ctx.status = token ? 200 : 401;
  ctx.body = token ? { result: 'ok', client: token.clientId, scope: token.scope }
    : { error: 'invalid_token' };
});

const server = provider.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
const lines = createInterface({ input: process.stdin });
lines.on('line', async () => {
  const n = given.size;
  for (const token of given) await token.destroy();
  given.clear();
  console.log(JSON.stringify({ revoked: n }));
});
lines.on('close', () => process.exit(0));
