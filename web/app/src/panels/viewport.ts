/** What part of a picture is seen, and how large. */

export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const LEAST = 0.2;
const MOST = 2.5;
const MARGIN = 20;
const LARGEST_FIT = 1.1; // a small graph is not blown up

/** The whole picture, in the middle. */
export function fitted(picture: Size, room: Size): View {
  if (picture.width === 0 || room.width === 0) return { x: 0, y: 0, scale: 1 };
  const across = (room.width - 2 * MARGIN) / picture.width;
  const down = (room.height - 2 * MARGIN) / picture.height;
  const scale = limited(Math.min(LARGEST_FIT, across, down));
  return { x: (room.width - picture.width * scale) / 2, y: (room.height - picture.height * scale) / 2, scale };
}

/** Larger or smaller by *factor*, with what is at *place* staying there. */
export function zoomed(view: View, factor: number, place: { x: number; y: number }): View {
  const scale = limited(view.scale * factor);
  const by = scale / view.scale;
  return { x: place.x - (place.x - view.x) * by, y: place.y - (place.y - view.y) * by, scale };
}

export function moved(view: View, x: number, y: number): View {
  return { ...view, x: view.x + x, y: view.y + y };
}

/** The same size with *place* in the middle, unless it is seen already. */
export function showing(view: View, place: Size & { x: number; y: number }, room: Size): View {
  const left = view.x + place.x * view.scale;
  const top = view.y + place.y * view.scale;
  const [width, height] = [place.width * view.scale, place.height * view.scale];
  if (left >= 0 && top >= 0 && left + width <= room.width && top + height <= room.height) return view;
  return moved(view, (room.width - width) / 2 - left, (room.height - height) / 2 - top);
}

const limited = (scale: number) => Math.min(MOST, Math.max(LEAST, scale));
