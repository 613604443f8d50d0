// What every driver of a client library says and does, so that a driver itself
// is nothing but calls of its library.
//
// A driver is started with FAXGATE_URL, CLIENT_ID, CLIENT_SECRET (absent for a
// public client) and REDIRECT_URI (on a loopback port that it may listen on). It
// prints one JSON object per line, none of which holds a secret:
//
//   {"authorize": URL}             open this in a browser
//   {"exchanged": true, ...}       the code became tokens
//   {"refreshed": N, ...}          the Nth refresh was answered
//   {"account": {...}}             GET /v3/accounts/self was answered; exit 0
//   {"error": text}                anything else; exit 1
import { createServer } from 'node:http';

/** Where the server is, and who we are there. */
export const settings = {
  url: required('FAXGATE_URL'),
  clientId: required('CLIENT_ID'),
  clientSecret: process.env.CLIENT_SECRET,
  redirectUri: required('REDIRECT_URI'),
  accountUrl: `${required('FAXGATE_URL')}/v3/accounts/self`,
};

/** What goes with the bearer token on every call of the API. */
export const apiHeaders = { 'x-fax-clientid': settings.clientId };

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** Prints one line of the protocol. */
export function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Prints what went wrong, with the causes that libraries wrap, and ends. */
export function fail(error) {
  say({ error: describe(error) });
  process.exit(1);
}

function describe(error) {
  const parts = [];
  for (let e = error; e; e = e.cause) {
    const { error: code, error_description: description, body, data } = e;
    parts.push([e.message ?? String(e), code, description, text(body), text(data)].filter(Boolean).join(' '));
  }
  return parts.join(' <- ');
}

function text(value) {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** The harmless part of a token answer, whatever the library makes of it. */
export function visible({ expires_in, token_type, scope }) {
  return { expires_in, token_type, scope };
}

/** The page that the person sees when the browser has come back. */
export const donePage = '<!doctype html><html lang="en"><title>done</title><h1>done</h1>';

/**
 * Waits for the browser at the redirect URI.
 * @returns {Promise<{arrived: Promise<URL>, close: function(): void}>} when it listens;
 *   arrived is the URL that the browser opened.
 */
async function listen() {
  const { hostname, port, pathname, origin } = new URL(settings.redirectUri);
  let arrive;
  const arrived = new Promise((resolve) => { arrive = resolve; });
  const server = createServer((request, response) => {
    const url = new URL(request.url, origin);
    response.writeHead(url.pathname === pathname ? 200 : 404, { 'content-type': 'text/html' });
    response.end(donePage);
    if (url.pathname === pathname) arrive(url);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(Number(port), hostname, resolve));
  return { arrived, close: () => { server.close(); server.closeAllConnections(); } };
}

/**
 * Plays the whole protocol with one library.
 * @param {object} client
 * @param {function(): Promise<string|URL>} client.authorize makes the authorization request
 * @param {function(URL): Promise<T>} client.exchange makes tokens of the URL the browser came back to
 * @param {function(T): Promise<T>} client.refresh
 * @param {function(T): Promise<object>} client.account calls the API
 * @param {function(T): object} client.show the token answer with the names of RFC 6749
 * @template T
 */
export async function drive(client) {
  try {
    const callback = await listen();
    say({ authorize: String(await client.authorize()) });
    let tokens = await client.exchange(await callback.arrived);
    callback.close();
    say({ exchanged: true, ...visible(client.show(tokens)) });
    for (const refreshed of [1, 2]) {
      const before = client.show(tokens);
      tokens = await client.refresh(tokens);
      const after = client.show(tokens);
      say({
        refreshed,
        fresh: after.access_token !== before.access_token,
        rotated: after.refresh_token !== undefined && after.refresh_token !== before.refresh_token,
        ...visible(after),
      });
    }
    say({ account: await client.account(tokens) });
  } catch (error) {
    fail(error);
  }
}

/** Reads the JSON of an answer; anything but 200 is an error that quotes it. */
export async function readJSON(response) {
  if (response.status !== 200) {
    throw new Error(`GET ${settings.accountUrl}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}
