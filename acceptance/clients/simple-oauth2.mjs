// simple-oauth2: its default paths /oauth/authorize and /oauth/token, its default
// Basic header, no PKCE. It makes no API calls, so fetch does.
import { randomUUID } from 'node:crypto';
import { AuthorizationCode } from 'simple-oauth2';
import { apiHeaders, drive, readJSON, settings } from './driver.mjs';

const client = new AuthorizationCode({
  client: { id: settings.clientId, secret: settings.clientSecret },
  auth: { tokenHost: settings.url },
});
const state = randomUUID();
const redirect_uri = settings.redirectUri;

async function exchange(url) {
  const { code, state: returned, error } = Object.fromEntries(url.searchParams);
  if (error || returned !== state) throw new Error(error ?? 'the state did not come back');
  return client.getToken({ code, redirect_uri });
}

await drive({
  authorize: async () => client.authorizeURL({ redirect_uri, scope: 'all', state }),
  exchange,
  refresh: (tokens) => tokens.refresh(),
  account: ({ token }) => fetch(settings.accountUrl, {
    headers: { ...apiHeaders, authorization: `Bearer ${token.access_token}` },
  }).then(readJSON),
  show: ({ token }) => token,
});
