// A browser for tests that are written in another language: one Chromium, driven
// by JSON lines.
//
//   stdin   {"id": 1, "page": "a", "do": "open", "options": {...}}
//   stdout  {"id": 1, "result": ...}   or   {"id": 1, "error": text}
//
// Commands run as they come, not one after the other; who needs an order waits for
// the answer. The end of stdin closes the browser. Nothing here waits for a time,
// only for a condition, at most `patience`.
import { createInterface } from 'node:readline';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const patience = 20_000; // ms; a condition that is not met by then is an error

/** Without these Chromium asks its maker's servers at every start. */
const quiet = [
  '--disable-background-networking', '--disable-component-update', '--disable-gpu',
  '--disable-quic', '--disable-sync', '--no-first-run',
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: process.getuid() !== 0, // the sandbox refuses to run as root
  args: quiet,
});

/** The open tabs by the name that the test gave them. */
const tabs = new Map();

/** One page in a context (cookies, language, scheme) of its own, and what went wrong in it. */
class Tab {
  constructor(page) {
    this.page = page;
    this.problems = [];
    this.arrival = null;
    page.setDefaultTimeout(patience);
    page.on('pageerror', (error) => this.problems.push(`script: ${error.message}`));
    page.on('console', (message) => this.#hear(message));
    page.on('response', (response) => this.#note(response));
  }

  // A status of 4xx is an error in Chromium's console as well; tests look at those
  // themselves. What remains is refused by a policy or thrown by a script.
  #hear(message) {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      this.problems.push(`console: ${message.text()}`);
    }
  }

  #note(response) {
    const request = response.request();
    if (request.isNavigationRequest() && request.frame() === this.page.mainFrame()) {
      this.arrival = { url: response.url(), status: response.status(), headers: response.headers() };
    }
  }

  /** Finds what a command is about: {css}, {role, name} or {label}, the nth of them. */
  locate({ css, role, name, label, exact = true, nth }) {
    const found = css ? this.page.locator(css)
      : label ? this.page.getByLabel(label, { exact })
        : this.page.getByRole(role, { name, exact });
    return nth === undefined ? found : found.nth(nth);
  }
}

/** What a test can ask for; `c` is the whole command. */
const commands = {
  goto: async (tab, c) => {
    await tab.page.goto(c.url, { waitUntil: 'load' });
    return tab.arrival;
  },
  reload: async (tab) => {
    await tab.page.reload({ waitUntil: 'load' });
    return tab.arrival;
  },
  // Clicks what leads to another page (a link, a form's button) and waits for it.
  follow: async (tab, c) => {
    const loaded = tab.page.waitForEvent('load', { timeout: patience });
    loaded.catch(() => {}); // the click's own error says more
    await tab.locate(c.at).click();
    await loaded;
    return tab.arrival;
  },
  click: (tab, c) => tab.locate(c.at).click(),
  fill: (tab, c) => tab.locate(c.at).fill(c.value),
  check: (tab, c) => tab.locate(c.at).check(),
  uncheck: (tab, c) => tab.locate(c.at).uncheck(),
  select: (tab, c) => tab.locate(c.at).selectOption(c.value),
  focus: (tab, c) => tab.locate(c.at).focus(),
  key: (tab, c) => tab.page.keyboard.press(c.value),
  wait: (tab, c) => tab.locate(c.at).first().waitFor({ state: c.value ?? 'visible' }),
  count: (tab, c) => tab.locate(c.at).count(),
  text: (tab, c) => tab.locate(c.at).first().innerText(),
  value: (tab, c) => tab.locate(c.at).first().inputValue(),
  attribute: (tab, c) => tab.locate(c.at).first().getAttribute(c.value),
  html: (tab) => tab.page.content(),
  title: (tab) => tab.page.title(),
  url: async (tab) => tab.page.url(),
  arrival: async (tab) => tab.arrival,
  evaluate: (tab, c) => tab.page.evaluate(c.value),
  cookies: (tab) => tab.page.context().cookies(),
  screenshot: (tab, c) => tab.page.screenshot({ path: c.path, fullPage: true, animations: 'disabled' }),
  resize: (tab, c) => tab.page.setViewportSize(c.options),
  axe: async (tab) => {
    // No page here has frames, so that the legacy mode sees all and opens no tab of its own.
    const { violations } = await new AxeBuilder({ page: tab.page })
      .options({ resultTypes: ['violations'] }).setLegacyMode().analyze();
    return violations.map(({ id, impact, help, nodes }) => ({
      id, impact, help,
      nodes: nodes.map(({ target, html, failureSummary }) => ({ target: target.join(' '), html, why: failureSummary })),
    }));
  },
  problems: async (tab) => tab.problems,
  close: async (tab, c) => {
    tabs.delete(c.page);
    await tab.page.context().close();
  },
};

async function open(c) {
  const context = await browser.newContext(c.options);
  tabs.set(c.page, new Tab(await context.newPage()));
}

async function run(c) {
  if (c.do === 'open') return open(c);
  const tab = tabs.get(c.page);
  if (!tab) throw new Error(`no page ${c.page}`);
  if (!Object.hasOwn(commands, c.do)) throw new Error(`unknown command ${c.do}`);
  return commands[c.do](tab, c);
}

function answer(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

answer({ id: 0, result: browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  run(command).then(
    (result) => answer({ id: command.id, result: result ?? null }),
    (error) => answer({ id: command.id, error: `${command.do} ${JSON.stringify(command.at ?? command.url ?? '')}: ${error.message}` }),
  );
}
await browser.close();
