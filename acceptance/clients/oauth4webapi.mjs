// oauth4webapi: discovery (RFC 8414), PKCE as the metadata offers it, the issuer
// of the authorization response checked (RFC 9207). With a CLIENT_SECRET it is a
// confidential client that uses HTTP Basic, without one a public client.
import * as oauth from 'oauth4webapi';
import { apiHeaders, drive, readJSON, settings } from './driver.mjs';

const loopback = { [oauth.allowInsecureRequests]: true }; // http, as on any developer's machine
const issuer = new URL(settings.url);
const server = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...loopback })
  .then((response) => oauth.processDiscoveryResponse(issuer, response));
const client = { client_id: settings.clientId };
const authentication = settings.clientSecret
  ? oauth.ClientSecretBasic(settings.clientSecret)
  : oauth.None();
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();

async function authorize() {
  const url = new URL(server.authorization_endpoint);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('client_id', client.client_id);
  url.searchParams.set('redirect_uri', settings.redirectUri);
  url.searchParams.set('scope', 'all');
  url.searchParams.set('state', state);
  url.searchParams.set('code_challenge', await oauth.calculatePKCECodeChallenge(verifier));
  url.searchParams.set('code_challenge_method', 'S256');
  return url;
}

async function exchange(url) {
  const parameters = oauth.validateAuthResponse(server, client, url, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, parameters, settings.redirectUri, verifier, loopback,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

async function refresh(tokens) {
  const response = await oauth.refreshTokenGrantRequest(
    server, client, authentication, tokens.refresh_token, loopback,
  );
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function account(tokens) {
  const response = await oauth.protectedResourceRequest(
    tokens.access_token, 'GET', new URL(settings.accountUrl), new Headers(apiHeaders), null, loopback,
  );
  return readJSON(response);
}

await drive({ authorize, exchange, refresh, account, show: (tokens) => tokens });
