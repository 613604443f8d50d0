"""requests-oauthlib, as in the documentation of the API this server is compatible
with: its default Basic header for the code, the credentials in the body for the
refresh. It insists on the state and on an unchanged scope."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # http, as on any developer's machine

from requests_oauthlib import OAuth2Session  # noqa: E402  the variable above comes first

import driver  # noqa: E402

session = OAuth2Session(driver.CLIENT_ID, redirect_uri=driver.REDIRECT_URI, scope=["all"])


def authorize():
    url, _state = session.authorization_url(driver.URL + "/login")
    return url


def exchange(url):
    return session.fetch_token(
        driver.URL + "/token", authorization_response=url, client_secret=driver.CLIENT_SECRET
    )


def refresh(_tokens):
    return session.refresh_token(
        driver.URL + "/token", client_id=driver.CLIENT_ID, client_secret=driver.CLIENT_SECRET
    )


def account():
    return session.get(driver.ACCOUNT_URL, headers=driver.API_HEADERS)


driver.drive(authorize, exchange, refresh, account)
