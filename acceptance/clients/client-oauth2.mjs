// client-oauth2: its default raw Basic header, no PKCE; it signs a request, which
// fetch then sends.
import { randomUUID } from 'node:crypto';
import ClientOAuth2 from 'client-oauth2';
import { apiHeaders, drive, readJSON, settings } from './driver.mjs';

const client = new ClientOAuth2({
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
  authorizationUri: `${settings.url}/login`,
  accessTokenUri: `${settings.url}/token`,
  redirectUri: settings.redirectUri,
  scopes: ['all'],
  state: randomUUID(),
});

function account(tokens) {
  const { url, ...request } = tokens.sign({ method: 'GET', url: settings.accountUrl, headers: { ...apiHeaders } });
  return fetch(url, request).then(readJSON);
}

await drive({
  authorize: async () => client.code.getUri(),
  exchange: (url) => client.code.getToken(url.href),
  refresh: (tokens) => tokens.refresh(),
  account,
  show: (tokens) => tokens.data,
});
