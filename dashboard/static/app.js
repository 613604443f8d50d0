// What a page can do better with a script. Each part works without it: a text can
// be selected and copied by hand, a time zone chosen from the list.

/** Buttons that copy the text of the element that data-copy names. */
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue; // no clipboard on plain http off loopback
  button.hidden = false;
  const name = button.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

/** A time zone list that nobody has chosen from takes the browser's zone. */
for (const select of document.querySelectorAll('select[data-detect-zone]')) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}

/** On a narrow screen the navigation scrolls sideways; where one is shall be seen. */
document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

/** What is under way (data-live) is asked for again, until the page no longer has it. */
const live = document.querySelector('[data-live]');
const later = () => { setTimeout(refresh, document.hidden ? 5000 : 1000); };
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return later(); // the server restarts, perhaps
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = page.querySelector('[data-live]');
  if (!next || answer.redirected) return location.reload();
  // The form's button under the finger stays what it is while nothing has changed.
  if (next.innerHTML !== live.innerHTML) live.replaceChildren(...next.childNodes);
  return later();
}
if (live) later();
