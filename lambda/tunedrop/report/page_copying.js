// Copying code and the table of training jobs.

async function copy(content) {
  try {
    await navigator.clipboard.writeText(content);
  } catch { // a page opened from a file may have no clipboard
    const area = element("textarea");
    area.value = content;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// Rows as lines of cells with tabs between, which spreadsheets take when they are pasted.
function asTabs(rows, columns) {
  // a spreadsheet runs what looks like a formula
  const safe = (value) => /^[=+\-@\t\r\n]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  const cell = (value) => missing(value) ? "" : safe(String(value).replace(/[\t\r\n]+/g, " "));
  return [columns.map(([, title]) => title), ...rows.map((row) => columns.map(([field]) => cell(row[field])))]
    .map((cells) => cells.join("\t")).join("\n") + "\n";
}

function copyButtons(tableText) {
  for (const button of document.querySelectorAll("button.copy")) {
    const words = button.textContent;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy === "jobs" ? tableText() : button.nextElementSibling.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = words; }, 1500);
    });
  }
}
