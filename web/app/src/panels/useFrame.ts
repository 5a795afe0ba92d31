/** How the frame around a picture is used: its size, the wheel, and dragging. */
import { useEffect, useRef, useState, type PointerEvent } from "react";
import type { Size } from "./viewport.ts";

export function useSize(frame: { current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return size;
}

/** Zooms where the pointer is, with Ctrl or Command held; the wheel alone scrolls what is around. */
export function useWheel(
  frame: { current: HTMLElement | null },
  onZoom: (factor: number, place: { x: number; y: number }) => void,
) {
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const element = frame.current;
    const onWheel = (event: WheelEvent) => {
      if (!element || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoom.current(Math.exp(-event.deltaY / 300), { x: event.clientX - left, y: event.clientY - top });
    };
    element?.addEventListener("wheel", onWheel, { passive: false }); // React's own listener could not hold it back
    return () => element?.removeEventListener("wheel", onWheel);
  }, [frame]);
}

const LEAST_DRAG = 4; // pixels that make a click a drag

export function useDrag(onMove: (x: number, y: number) => void) {
  const from = useRef<{ x: number; y: number; distance: number } | null>(null);
  const distance = useRef(0);
  const handlers = {
    onPointerDown(event: PointerEvent<SVGSVGElement>) {
      if (event.button !== 0) return;
      from.current = { x: event.clientX, y: event.clientY, distance: 0 };
      distance.current = 0;
    },
    onPointerMove(event: PointerEvent<SVGSVGElement>) {
      if (!from.current) return;
      const [x, y] = [event.clientX - from.current.x, event.clientY - from.current.y];
      distance.current += Math.abs(x) + Math.abs(y);
      if (distance.current < LEAST_DRAG) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      from.current = { x: event.clientX, y: event.clientY, distance: distance.current };
      onMove(x, y);
    },
    onPointerUp: () => void (from.current = null),
    onPointerCancel: () => void (from.current = null),
  };
  return { handlers, hasMoved: () => distance.current >= LEAST_DRAG };
}
