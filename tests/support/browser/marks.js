// The training jobs' marks of a chart: number, opacity, and where their middle is in the window.
(place) => [...place.querySelectorAll("svg path")]
  .filter((path) => path.__data__?.mark?.marktype === "symbol" && path.__data__.datum.number)
  .map((path) => {
    const { x, y, width, height } = path.getBoundingClientRect();
    const { datum, opacity } = path.__data__;
    return { number: datum.number, opacity: opacity ?? 1, x: x + width / 2, y: y + height / 2 };
  })
