// Opens the page of the matrix as its readers do, and takes pictures.
// usage: node look.cjs BROWSER PAGE FOLDER
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const [browserPath, file, folder] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const SIZES = { desktop: { width: 1400, height: 900 }, phone: { width: 390, height: 844 } };
let checks = 0;
const check = (what, holds) => {
  checks += 1;
  assert.ok(holds, what);
};

const opened = async (browser, options, look) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  // A busy machine is no finding.
  page.setDefaultTimeout(120_000);
  const errors = [];
  page.on("console", message => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", error => errors.push(String(error)));
  page.on("request", request => request.url() !== address && errors.push(`asks for ${request.url()}`));
  await page.goto(address);
  await look(page);
  assert.deepEqual(errors, [], "console errors and requests");
  checks += 1;
  await context.close();
};

const shot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`) });
const count = (page, selector) => page.locator(selector).count();
const shownRows = page => page.locator("#m tbody tr:visible").count();

const cellsOpen = async (page, name) => {
  const cell = page.locator("#m tbody td a:visible").first();
  const id = await page.locator("#m tbody tr").first().locator("th").innerText();
  await cell.click();
  const dialog = page.locator("dialog[open]");
  check("a cell opens its behaviour", (await dialog.count()) === 1);
  check("with its name", (await dialog.locator("h3").innerText()) === id);
  check("with its calls", (await dialog.locator("tbody td").count()) > 3);
  check("with the column marked", (await dialog.locator(".here").count()) > 1);
  await shot(page, `${name}-open`);
  await page.keyboard.press("Escape");
  check("Escape closes it", (await dialog.count()) === 0);
  check("the cell has the focus again", await cell.evaluate(one => one === document.activeElement));
};

const keys = async page => {
  const at = () => page.evaluate(() => {
    const cell = document.activeElement.closest("td, th");
    return cell && [cell.cellIndex, cell.parentElement.rowIndex].join();
  });
  await page.locator("#m tbody tr").first().locator("th a").focus();
  check("the first cell has the focus", (await at()) === "0,1");
  await page.keyboard.press("ArrowDown");
  check("down", (await at()) === "0,2");
  await page.keyboard.press("ArrowRight");
  check("right", /^[1-9]\d*,2$/.test(await at()));
  await page.keyboard.press("Enter");
  check("Enter opens", (await count(page, "dialog[open]")) === 1);
  await page.keyboard.press("Escape");
  check("and Escape returns", /^[1-9]\d*,2$/.test(await at()));
};

const filters = async page => {
  const all = await shownRows(page);
  check("there are rows", all > 100);
  await page.locator("#q").fill("v6only mapped");
  const some = await shownRows(page);
  check("words leave fewer rows", some > 0 && some < all);
  check("and are counted", (await page.locator("#n").innerText()).startsWith(`${some} of ${all}`));
  await page.locator("#q").fill("no such thing");
  check("nothing fits nonsense", (await shownRows(page)) === 0);
  await page.locator("#q").fill("");
  await page.locator("#w").selectOption("deviates");
  const deviating = await shownRows(page);
  check("deviations alone", deviating > 0 && deviating < all);
  check("each has one", (await page.locator("#m tbody tr:visible:not(:has(.d))").count()) === 0);
  await page.locator("#w").selectOption("");
  const columns = await count(page, "#m thead th:visible");
  await page.locator("#all").check();
  check("every lane", (await count(page, "#m thead th:visible")) > columns);
  await page.locator("#all").uncheck();
  check("all rows are back", (await shownRows(page)) === all);
};

const fits = async page => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(`the page scrolls sideways by ${wide} pixels`, wide <= 0);
};

(async () => {
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      const phone = size === "phone";
      await opened(browser, { viewport, colorScheme, isMobile: phone, hasTouch: phone }, async page => {
        const name = `${size}-${colorScheme}`;
        await shot(page, name);
        await fits(page);
        await cellsOpen(page, name);
        await filters(page);
        if (!phone) await keys(page);
        for (const part of ["findings", "lanes"]) {
          await page.locator(`#${part}`).scrollIntoViewIfNeeded();
          await page.locator(`#${part}`).evaluate(one => one.scrollIntoView());
          await shot(page, `${name}-${part}`);
        }
      });
    }
  }
  await opened(browser, { viewport: SIZES.desktop, javaScriptEnabled: false }, async page => {
    check("without JavaScript the table is there", (await shownRows(page)) > 100);
    check("and no filter that does nothing", (await count(page, "#q:visible")) === 0);
    await page.locator("#m tbody td a:visible").first().click();
    check("a cell leads to its behaviour", /#b\d+$/.test(page.url()));
    check("which is in sight", await page.locator(":target h3").isVisible());
    await shot(page, "plain");
  });
  await browser.close();
  console.log(`${checks} checks, 0 failed`);
})().catch(error => {
  console.error(error);
  process.exit(1);
});
