// What is wrong with a page as the browser lays it out: sentences; none for a sound page.
() => {
  const faults = [];
  const root = document.documentElement, main = document.querySelector("main");
  const name = (el) => `${el.tagName.toLowerCase()}${el.id ? "#" + el.id : ""}${
    typeof el.className === "string" && el.className ? "." + el.className.split(" ").join(".") : ""
  } "${(el.textContent || "").trim().slice(0, 40)}"`;
  const visible = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden";
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide, not ${root.clientWidth}`);

  const scrolls = (el) => ["auto", "scroll", "hidden"].includes(getComputedStyle(el).overflowX);
  for (const el of main.querySelectorAll("*")) {
    if (!visible(el) || el.closest("svg") || el.closest(".hidden")) continue;
    const inside = el.parentElement.closest(".scroll, pre, .chart");
    if (!inside || !scrolls(inside)) {
      const box = el.getBoundingClientRect();
      if (box.right > root.clientWidth + 1 || box.left < -1) faults.push(`${name(el)} sticks out of the page`);
    }
    const style = getComputedStyle(el);
    if (style.display !== "inline" && !scrolls(el) && el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0
        && !el.querySelector("svg") && !["TR", "THEAD", "TBODY", "TABLE"].includes(el.tagName)) {
      faults.push(`${name(el)} is wider than its place: ${el.scrollWidth} in ${el.clientWidth}`);
    }
  }

  const parts = [...main.children].filter(visible);
  parts.slice(1).forEach((el, i) => {
    if (el.getBoundingClientRect().top < parts[i].getBoundingClientRect().bottom - 1) {
      faults.push(`${name(el)} lies on ${name(parts[i])}`);
    }
  });

  const apart = (a, b) =>
    a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  for (const chart of main.querySelectorAll(".chart")) {
    if (chart.closest("details:not([open])")) continue; // drawn when it is unfolded
    const svg = chart.querySelector("svg");
    if (!svg) { faults.push(`${name(chart)} has no drawing`); continue; }
    const place = chart.getBoundingClientRect();
    if (svg.getBoundingClientRect().height < 20) faults.push(`${name(chart)} is flat`);
    const texts = [...svg.querySelectorAll("text")].filter((el) => el.textContent.trim() && Number(getComputedStyle(el).opacity) > 0
      && Number(el.getAttribute("opacity") ?? 1) > 0);
    for (const el of texts) {
      const box = el.getBoundingClientRect();
      if (box.left < place.left - 2 || box.right > place.right + 2 || box.bottom > place.bottom + 2 || box.top < place.top - 2) {
        faults.push(`#${chart.id}: "${el.textContent}" is cut off`);
      }
    }
    // a halo is the same text at the same place
    const words = texts.filter((el) => !el.getAttribute("stroke"));
    const boxes = words.map((el) => el.getBoundingClientRect());
    for (let i = 0; i < words.length; i++) for (let j = 0; j < i; j++) {
      if (!apart(boxes[i], boxes[j])) faults.push(`#${chart.id}: "${words[i].textContent}" lies on "${words[j].textContent}"`);
    }
  }
  return [...new Set(faults)].slice(0, 20);
}
