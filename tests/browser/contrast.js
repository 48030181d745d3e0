// Texts whose colour has less than 4.5 to 1 of contrast with what is behind them.
() => {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) =>
    v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (el) => { for (; el; el = el.parentElement) {
    const c = parse(getComputedStyle(el).backgroundColor); if (c.length < 4 || c[3] > 0.99) return c; }
    return [255, 255, 255]; };
  const bad = [];
  for (const el of document.querySelectorAll("main *")) {
    if (el.closest("svg") || !el.getClientRects().length || el.closest(".legend")) continue;
    if (![...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(el).color)), light(behind(el))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(el.textContent.trim().slice(0, 30));
  }
  return bad;
}
