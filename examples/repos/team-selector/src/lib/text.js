// Text for pages: titles, columns, numbers with units. The promises are in docs/pages.md.

/** A title with a line of dashes under it. */
export function title(text) {
  return `${text}\n${'-'.repeat(text.length)}`;
}

/** Rows of cells as aligned lines. Cells of the columns named in `right` are aligned to the right. */
export function columns(rows, {right = []} = {}) {
  const widths = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (right.includes(index) ? cell.padStart(widths[index]) : cell.padEnd(widths[index])))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 person`, `2 people`. */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Hours with at most one decimal: `32 h`, `7.5 h`. */
export function hours(number) {
  return `${Math.round(number * 10) / 10} h`;
}

/** Lines of a page, blank lines between its parts, a line break at the end. */
export function page(...parts) {
  return `${parts
    .map((part) => (Array.isArray(part) ? part.join('\n') : part))
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}
