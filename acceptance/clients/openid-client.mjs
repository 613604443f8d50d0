// openid-client: discovery of plain OAuth 2.0 metadata, its default client
// authentication (client_secret_post) and its PKCE helper.
import * as oidc from 'openid-client';
import { apiHeaders, drive, readJSON, settings } from './driver.mjs';

const config = await oidc.discovery(
  new URL(settings.url), settings.clientId, settings.clientSecret, undefined,
  { algorithm: 'oauth2', execute: [oidc.allowInsecureRequests] },
);
const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();

async function authorize() {
  return oidc.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirectUri,
    scope: 'all',
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
}

await drive({
  authorize,
  exchange: (url) => oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier, expectedState: state }),
  refresh: (tokens) => oidc.refreshTokenGrant(config, tokens.refresh_token),
  account: (tokens) => oidc.fetchProtectedResource(
    config, tokens.access_token, new URL(settings.accountUrl), 'GET', null, new Headers(apiHeaders),
  ).then(readJSON),
  show: (tokens) => tokens,
});
