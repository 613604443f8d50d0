// What is under way (data-live) is kept up to date until it is over. The server tells of
// each step: data-live is the address of its events. Where it cannot, and for a list,
// whose data-live is empty, the page is asked for again and again. Without a script the
// browser reloads it.

const live = document.querySelector('[data-live]');

/** Makes old what next is. What has not changed stays: a button under the finger, and
 * what a screen reader has read. */
function become(old, next) {
  if (old.isEqualNode(next)) return;
  if (old.nodeName !== next.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
    old.replaceWith(next);
    return;
  }
  for (const name of old.getAttributeNames()) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const name of next.getAttributeNames()) old.setAttribute(name, next.getAttribute(name));
  const children = [...next.childNodes];
  while (old.childNodes.length > children.length) old.lastChild.remove();
  children.forEach((child, i) => {
    if (i < old.childNodes.length) become(old.childNodes[i], child);
    else old.append(child);
  });
}

function show(html) {
  const next = live.cloneNode(false);
  next.innerHTML = html;
  become(live, next);
}

/** Asks for the page again. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return later(); // the server restarts, perhaps
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = page.querySelector('[data-live]');
  if (!next || answer.redirected) return location.reload();
  show(next.innerHTML);
  return later();
}

function later() {
  setTimeout(refresh, document.hidden ? 5000 : 1000);
}

let events = null;
let refused = false;

/** Listens to the server, unless nobody looks: a browser has few connections. It mends a
 * break by itself; after a refusal, as of one stream too many, the page is asked for. */
function listen() {
  events?.close();
  if (document.hidden || refused) return;
  events = new EventSource(live.dataset.live);
  events.addEventListener('part', (event) => show(event.data));
  events.addEventListener('over', () => {
    events.close();
    location.reload();
  });
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED) return;
    refused = true;
    later();
  });
}

if (live?.dataset.live) {
  listen();
  document.addEventListener('visibilitychange', listen);
} else if (live) {
  later();
}
