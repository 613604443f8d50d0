"""What every Python driver says and does; the protocol is that of driver.mjs."""

import http.server
import json
import os
import queue
import sys
import threading
import urllib.parse

URL = os.environ["FAXGATE_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
REDIRECT_URI = os.environ["REDIRECT_URI"]
ACCOUNT_URL = URL + "/v3/accounts/self"
API_HEADERS = {"x-fax-clientid": CLIENT_ID}
DONE_PAGE = b'<!doctype html><html lang="en"><title>done</title><h1>done</h1>'


def say(line):
    """Prints one line of the protocol."""
    print(json.dumps(line), flush=True)


def visible(tokens):
    """The harmless part of a token answer; oauthlib splits the scope into a list."""
    scope = tokens.get("scope")
    return {
        "expires_in": tokens.get("expires_in"),
        "token_type": tokens.get("token_type"),
        "scope": " ".join(scope) if isinstance(scope, list) else scope,
    }


class Callback(http.server.BaseHTTPRequestHandler):
    """Answers the browser that comes back and hands on the URL it opened."""

    def do_GET(self):
        here = urllib.parse.urlsplit(REDIRECT_URI).path
        arrived = urllib.parse.urlsplit(self.path).path == here
        self.send_response(200 if arrived else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(DONE_PAGE)))
        self.end_headers()
        self.wfile.write(DONE_PAGE)
        if arrived:
            self.server.arrived.put(urllib.parse.urljoin(REDIRECT_URI, self.path))

    def log_message(self, *_):
        """Says nothing: the URL holds the code."""


def listen():
    """Starts the callback server. Its `arrived` gives the URLs that the browser
    opens. Threads, because a browser also opens connections that it never uses."""
    where = urllib.parse.urlsplit(REDIRECT_URI)
    server = http.server.ThreadingHTTPServer((where.hostname, where.port), Callback)
    server.arrived = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def drive(authorize, exchange, refresh, account):
    """Plays the whole protocol with one library.

    authorize() makes the URL of the authorization request, exchange(url) turns the
    URL that the browser came back to into tokens, refresh(tokens) makes fresh ones,
    account() calls the API and gives the response.
    """
    try:
        server = listen()
        say({"authorize": authorize()})
        tokens = exchange(server.arrived.get())
        say({"exchanged": True, **visible(tokens)})
        for count in (1, 2):
            before, tokens = dict(tokens), refresh(tokens)
            say({
                "refreshed": count,
                "fresh": tokens["access_token"] != before["access_token"],
                "rotated": tokens["refresh_token"] != before["refresh_token"],
                **visible(tokens),
            })
        answer = account()
        if answer.status_code != 200:
            raise RuntimeError(f"GET {ACCOUNT_URL}: {answer.status_code} {answer.text}")
        say({"account": answer.json()})
    except Exception as error:  # whatever the library raises ends as the protocol's last line
        say({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
