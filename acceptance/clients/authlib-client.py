"""Authlib's session on requests: its default Basic header everywhere, the state
kept by the session, no PKCE unless asked for."""

from authlib.integrations.requests_client import OAuth2Session

import driver

session = OAuth2Session(
    driver.CLIENT_ID, driver.CLIENT_SECRET, scope="all", redirect_uri=driver.REDIRECT_URI
)
request = {}


def authorize():
    url, request["state"] = session.create_authorization_url(driver.URL + "/login")
    return url


def exchange(url):
    return session.fetch_token(
        driver.URL + "/token", authorization_response=url, state=request["state"]
    )


def refresh(tokens):
    return session.refresh_token(driver.URL + "/token", refresh_token=tokens["refresh_token"])


def account():
    return session.get(driver.ACCOUNT_URL, headers=driver.API_HEADERS)


driver.drive(authorize, exchange, refresh, account)
