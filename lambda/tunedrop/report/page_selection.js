// Selecting training jobs in a chart: by a click or a tap, by a frame drawn with mouse, pen or finger, by keyboard.
// A finger that starts sideways draws; one that starts up or down scrolls the page (touch-action: pan-y).

const FINGER = 24; // how far beside a mark a fingertip may be, and how flat a stroke that means the whole height
const DRAWN = 5; // from how many pixels on a drag is a frame
const NEXT_KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

// The marks that stand for training jobs, with their middles in the place's own pixels.
function marksOf(place, jobsByNumber) {
  const box = place.getBoundingClientRect();
  return [...place.querySelectorAll("svg path")]
    .filter((path) => path.__data__?.mark?.marktype === "symbol" && jobsByNumber.has(path.__data__.datum?.number))
    .map((path) => {
      const own = path.getBoundingClientRect();
      return {
        number: path.__data__.datum.number,
        x: (own.left + own.right) / 2 - box.left,
        y: (own.top + own.bottom) / 2 - box.top,
        radius: Math.max(own.width, own.height) / 2,
      };
    });
}

function makeSelectable(place, view, { jobsByNumber, selected, select }) {
  const marks = () => marksOf(place, jobsByNumber);
  const framed = selectByFrame(place, marks, select);
  view.addEventListener("click", (event, item) => {
    if (framed()) return; // the click which ends a drag
    let number = item?.datum?.number;
    if (!jobsByNumber.has(number) && event.pointerType === "touch") number = nearest(place, marks(), event);
    select(jobsByNumber.has(number) ? [number] : []);
  });
  selectByKeyboard(place, marks, { jobsByNumber, selected, select });
  // a graphic that takes keys
  for (const [name, value] of Object.entries({
    role: "application", "aria-roledescription": "chart", "aria-describedby": "how-to-select", tabindex: "0",
  })) place.setAttribute(name, value);
}

function nearest(place, marks, event) {
  const box = place.getBoundingClientRect();
  const far = ({ x, y }) => Math.hypot(x + box.left - event.clientX, y + box.top - event.clientY);
  const [first] = marks.filter((mark) => far(mark) <= FINGER).sort((a, b) => far(a) - far(b));
  return first?.number;
}

// Returns a function that tells whether the last press was a frame.
function selectByFrame(place, marks, select) {
  let start = null, frame = null, drawn = false;
  const at = (event) => {
    const box = place.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const bounds = (event) => {
    const [x, y] = at(event);
    const found = { left: Math.min(x, start[0]), top: Math.min(y, start[1]), right: Math.max(x, start[0]), bottom: Math.max(y, start[1]) };
    if (event.pointerType === "touch" && found.bottom - found.top < FINGER) Object.assign(found, { top: 0, bottom: place.clientHeight });
    return found;
  };
  place.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return stop(); // a second finger: this is a pinch
    drawn = false;
    if (event.button === 0) start = at(event);
  });
  place.addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    const [x, y] = at(event);
    if (!frame && Math.abs(x - start[0]) < DRAWN && Math.abs(y - start[1]) < DRAWN) return;
    if (!frame) {
      frame = element("div", undefined, { class: "frame" });
      place.append(frame);
      place.setPointerCapture(event.pointerId);
    }
    const { left, top, right, bottom } = bounds(event);
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    event.preventDefault();
  });
  const stop = () => {
    frame?.remove();
    start = frame = null;
  };
  place.addEventListener("pointerup", (event) => {
    if (frame && event.isPrimary) {
      const { left, top, right, bottom } = bounds(event);
      drawn = true;
      select(marks().filter(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom).map(({ number }) => number));
    }
    stop();
  });
  place.addEventListener("pointercancel", stop);
  return () => drawn;
}

// Arrows go from mark to mark, from left to right; Enter or space selects; with Shift a stretch; Escape clears.
function selectByKeyboard(place, marks, { jobsByNumber, selected, select }) {
  const words = element("p", undefined, { class: "small said", role: "status" });
  place.after(words);
  let current = null, anchor = null, ring = null;
  const ordered = () => marks().sort((a, b) => a.x - b.x || a.y - b.y || a.number - b.number);

  function show(mark) {
    current = mark.number;
    ring ??= place.appendChild(element("div", undefined, { class: "ring-mark" }));
    const size = 2 * Math.min(mark.radius, 12) + 10;
    Object.assign(ring.style, { left: `${mark.x - size / 2}px`, top: `${mark.y - size / 2}px`, width: `${size}px`, height: `${size}px` });
    const job = jobsByNumber.get(mark.number);
    const chosen = selected().has(mark.number) ? ", selected" : "";
    words.textContent = `#${job.number} ${job.estimator}: ${shown(job.objective)}, ${job.status}${chosen}. ${job.hyperparameters}`;
  }

  function move(step, stretch) {
    const all = ordered();
    if (!all.length) return;
    const here = all.findIndex(({ number }) => number === current);
    const to = here < 0 ? (step > 0 || step === -Infinity ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    if (stretch) {
      anchor ??= here < 0 ? to : here;
      select(all.slice(Math.min(anchor, to), Math.max(anchor, to) + 1).map(({ number }) => number));
    } else {
      anchor = null;
    }
    show(all[to]);
  }

  place.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in NEXT_KEYS) {
      move(NEXT_KEYS[event.key], event.shiftKey);
    } else if ((event.key === "Enter" || event.key === " ") && current !== null) {
      const numbers = new Set(selected());
      if (!numbers.delete(current)) numbers.add(current);
      select(numbers);
      const mark = marks().find(({ number }) => number === current);
      if (mark) show(mark);
    } else if (event.key === "Escape") {
      select([]);
    } else {
      return;
    }
    event.preventDefault();
  });
  place.addEventListener("blur", () => {
    ring?.remove();
    ring = anchor = current = null;
    words.textContent = "";
  });
}
