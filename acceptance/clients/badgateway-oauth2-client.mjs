// @badgateway/oauth2-client: discovery from the server's name alone, its default
// half-encoded Basic header (client_secret_basic_interop), PKCE, and its fetch
// wrapper for the API call.
import { randomUUID } from 'node:crypto';
import { OAuth2Client, OAuth2Fetch, generateCodeVerifier } from '@badgateway/oauth2-client';
import { apiHeaders, drive, readJSON, settings } from './driver.mjs';

const client = new OAuth2Client({
  server: settings.url,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
});
const { redirectUri } = settings;
const state = randomUUID();
const codeVerifier = await generateCodeVerifier();

function show(tokens) {
  return {
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    expires_in: Math.round((tokens.expiresAt - Date.now()) / 1000), // the library keeps the moment only
  };
}

await drive({
  authorize: () => client.authorizationCode.getAuthorizeUri({ redirectUri, state, codeVerifier, scope: ['all'] }),
  exchange: (url) => client.authorizationCode.getTokenFromCodeRedirect(url, { redirectUri, state, codeVerifier }),
  refresh: (tokens) => client.refreshToken(tokens),
  account: (tokens) => new OAuth2Fetch({ client, getNewToken: () => tokens, scheduleRefresh: false })
    .fetch(settings.accountUrl, { headers: apiHeaders }).then(readJSON),
  show,
});
