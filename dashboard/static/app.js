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
