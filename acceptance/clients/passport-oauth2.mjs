// passport-oauth2 inside an Express application, as web applications use it: the
// strategy keeps the state in the session, posts the client's credentials in the
// body, and loads the profile with the fresh access token. Refreshing goes through
// the strategy's own OAuth2 object, as passport-oauth2-refresh does it.
import { randomUUID } from 'node:crypto';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { promisify } from 'node:util';
import { apiHeaders, donePage, fail, say, settings, visible } from './driver.mjs';

const { port, hostname, pathname, origin } = new URL(settings.redirectUri);

class FaxgateStrategy extends OAuth2Strategy {
  constructor(verify) {
    super({
      authorizationURL: `${settings.url}/login`,
      tokenURL: `${settings.url}/token`,
      clientID: settings.clientId,
      clientSecret: settings.clientSecret,
      callbackURL: settings.redirectUri,
      scope: 'all',
      state: true,
      customHeaders: apiHeaders,
    }, verify);
    this.name = 'faxgate';
    this._oauth2.useAuthorizationHeaderforGET(true);
  }

  userProfile(accessToken, done) {
    this._oauth2.get(settings.accountUrl, accessToken, (error, body) => {
      if (error) return done(error);
      return done(null, JSON.parse(body));
    });
  }

  refresh(refreshToken) {
    return new Promise((resolve, reject) => {
      const answered = (error, accessToken, rotated, rest) => {
        if (error) return reject(error);
        return resolve({ access_token: accessToken, refresh_token: rotated ?? refreshToken, ...rest });
      };
      this._oauth2.getOAuthAccessToken(refreshToken, { grant_type: 'refresh_token' }, answered);
    });
  }
}

/** Ends the protocol once the person is signed in at this application. */
async function finish(tokens, answer) {
  say({ exchanged: true, ...visible(answer) });
  let current = tokens;
  for (const refreshed of [1, 2]) {
    const next = await strategy.refresh(current.refresh_token);
    say({
      refreshed,
      fresh: next.access_token !== current.access_token,
      rotated: next.refresh_token !== current.refresh_token,
      ...visible(next),
    });
    current = next;
  }
  const account = await promisify(strategy.userProfile.bind(strategy))(current.access_token);
  say({ account });
}

const strategy = new FaxgateStrategy((accessToken, refreshToken, answer, profile, done) => {
  done(null, { profile, answer, tokens: { access_token: accessToken, refresh_token: refreshToken } });
});
passport.use(strategy);

const app = express();
app.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }));
app.get('/', passport.authenticate('faxgate', { session: false }));
app.get(pathname, passport.authenticate('faxgate', { session: false, failWithError: true }), (request, response) => {
  response.type('html').send(donePage);
  finish(request.user.tokens, request.user.answer).then(() => process.exit(0), fail);
});
app.use((error, request, response, _next) => { // four parameters make it Express's error handler
  response.on('finish', () => fail(error));
  response.status(error.status ?? 500).type('html').send(donePage);
});
app.listen(Number(port), hostname, (error) => {
  if (error) return fail(error);
  return say({ authorize: `${origin}/` });
});
